// Tells a user at every address that they have proved, and not only at the first one.
import { localeOf } from '../delivery/messages/locales.ts';
import type { Notice } from '../delivery/messages/template.ts';
import { addNotice } from '../delivery/notices.ts';
import type { Outbox } from '../delivery/outbox.ts';
import type { Sql } from '../persistence/orm.ts';
import type { UnitOfWork } from '../persistence/unit-of-work.ts';

interface Told {
  readonly userId: string;
  readonly tenantId: string;
  readonly now: Date;
}

export async function tellAllAddresses(
  sql: Sql,
  outbox: Outbox,
  unitOfWork: UnitOfWork,
  { userId, tenantId, now }: Told,
  notice: Notice,
): Promise<void> {
  const addresses = await sql
    .selectFrom('email_address as e')
    .innerJoin('user_account as u', 'u.id', 'e.user_id')
    .select(['e.address', 'u.locale'])
    .where('e.tenant_id', '=', tenantId)
    .where('e.user_id', '=', userId)
    .where('e.verified_at', 'is not', null)
    .execute();
  const [first] = addresses;
  if (first === undefined) return;
  const emails = addresses.map(({ address }) => ({ address, verified: true }));
  addNotice(outbox, { account: { emails, locale: localeOf(first.locale) }, unitOfWork, now }, notice);
}
