// Tells the administrators of a tenant what concerns all of its users.

import { sql as raw } from 'kysely';
import type { Locale } from '../delivery/messages/locales.ts';
import type { Notice } from '../delivery/messages/template.ts';
import { addNotice } from '../delivery/notices.ts';
import type { Outbox } from '../delivery/outbox.ts';
import type { Sql } from '../persistence/orm.ts';
import type { UnitOfWork } from '../persistence/unit-of-work.ts';

export interface Told {
  readonly address: string;
  readonly locale: Locale;
}

/** At one address each. @param except the id of one who knows it already. */
export async function administratorsOf(
  sql: Sql,
  tenantId: string,
  except: string | null = null,
): Promise<Told[]> {
  const found = await sql
    .selectFrom('user_account as u')
    .innerJoin('email_address as e', 'e.user_id', 'u.id')
    .distinctOn('u.id')
    .select(['u.id', 'e.address', 'u.locale'])
    .where('u.tenant_id', '=', tenantId)
    .where(raw<boolean>`u.roles <> '[]'`)
    .where(raw<boolean>`u.roles ? 'ADMIN'`)
    .where('e.verified_at', 'is not', null)
    .orderBy('u.id')
    .orderBy('e.verified_at')
    .execute();
  return found
    .filter(({ id }) => id !== except)
    .map(({ address, locale }) => ({ address, locale: locale as Locale }));
}

export function tellAdministrators(
  outbox: Outbox,
  administrators: readonly Told[],
  notice: Notice,
  { unitOfWork, now }: { readonly unitOfWork: UnitOfWork; readonly now: Date },
): void {
  for (const { address, locale } of administrators)
    addNotice(
      outbox,
      { account: { emails: [{ address, verified: true }], locale }, unitOfWork, now },
      notice,
    );
}
