// The email addresses of a signed-in user: which one is the primary one, and removing one. Codes and links that were sent before
// a change prove nothing afterwards, and every address is told, those before the change included (L9).
import { sql as raw } from 'kysely';
import { addNotice } from '../../delivery/notices.ts';
import type { Outbox } from '../../delivery/outbox.ts';
import { addAudit, byUser } from '../../persistence/audit.ts';
import type { Sql } from '../../persistence/orm.ts';
import { atomically } from '../../persistence/transaction.ts';
import { UnitOfWork } from '../../persistence/unit-of-work.ts';
import { voidGrants } from '../../sessions/operation-grant.ts';
import type { Owner } from '../../sessions/owner.ts';
import { endSessions, type LiveSessions } from '../../sessions/revocation.ts';
import { findAccount, lockUser } from '../account.ts';
import { requireWayIn } from '../last-way-in.ts';
import type { Providers } from '../oauth/providers.ts';
import { refuseToRemoveOlder } from '../older-factors.ts';
import { endWorkflows } from '../void-evidence.ts';
import { EMAIL_FACTORS } from './address.ts';
import { PRIMARY_FIRST } from './addresses-in-sql.ts';
import { EmailAddressNotVerified, PrimaryEmailAddress } from './errors.ts';
import { maskEmail } from './mask.ts';

/** The guard of both mutations. */
const GUARD = { require: 'STRONGEST_ENROLLED' } as const;

interface Services {
  readonly outbox: Outbox;
  readonly providers: Providers;
}

/** False when the user has no address with this id. @throws {EmailAddressNotVerified} */
export async function setPrimaryEmailAddress(
  { outbox }: Pick<Services, 'outbox'>,
  id: string,
  { em, session, client, now }: Owner,
): Promise<boolean> {
  const { userId, tenantId } = session;
  const account = await findAccount(em, userId);
  const email = account?.emails.find((one) => one.id === id);
  if (account === null || email === undefined) return false;
  if (!email.verified) throw new EmailAddressNotVerified();
  if (email.id === account.email?.id) return true;
  // A change takes from the present primary address what it was.
  refuseToRemoveOlder(session, account, account.email === null ? [] : [account.email], now, GUARD);
  const unitOfWork = new UnitOfWork();
  unitOfWork.require(async (sql) => {
    await lockUser(sql, userId);
    await markPrimary(sql, { userId, tenantId }, null);
    if (!(await markPrimary(sql, { userId, tenantId }, id))) return false;
    await voidMail(sql, userId, now);
    return true;
  });
  const type = 'email-address.made-primary';
  addAudit(unitOfWork, { type, tenantId, userId, sessionId: session.id }, byUser(session, client), now);
  const notice = { name: 'primary-email-address-changed', address: maskEmail(email.typed) } as const;
  addNotice(outbox, { account, unitOfWork, now }, notice);
  await unitOfWork.commit(em);
  return true;
}

/**
 * Ends the user's other sessions that a code or a link by email has opened, because it is not recorded to which address.
 * False when the user has no address with this id.
 * @throws {PrimaryEmailAddress} @throws {LastWayIn}
 */
export async function removeEmailAddress(
  { outbox, providers }: Services,
  id: string,
  { em, session, client, now }: Owner,
): Promise<boolean> {
  const { userId, tenantId } = session;
  const account = await findAccount(em, userId);
  const email = account?.emails.find((one) => one.id === id);
  if (account === null || email === undefined) return false;
  if (email.verified) refuseToRemoveOlder(session, account, [email], now, GUARD);
  const unitOfWork = new UnitOfWork();
  unitOfWork.require(async (sql) => {
    await lockUser(sql, userId);
    // Read again: a parallel request may have made it the primary one.
    if ((await primaryOf(sql, { userId, tenantId })) === id) throw new PrimaryEmailAddress();
    const { numDeletedRows } = await sql
      .deleteFrom('email_address')
      .where('tenant_id', '=', tenantId)
      .where('user_id', '=', userId)
      .where('id', '=', id)
      .executeTakeFirst();
    if (numDeletedRows === 0n) return false;
    await requireWayIn(sql, userId, { providers: providers.of(tenantId).map((one) => one.id) });
    await voidMail(sql, userId, now);
    return true;
  });
  const type = 'email-address.removed';
  addAudit(unitOfWork, { type, tenantId, userId, sessionId: session.id }, byUser(session, client), now);
  const notice = { name: 'email-address-removed', address: maskEmail(email.typed) } as const;
  // One that nobody has proved gave no access.
  if (email.verified) addNotice(outbox, { account, unitOfWork, now }, notice);
  await atomically(em, async (transaction) => {
    await unitOfWork.commit(transaction);
    if (!email.verified) return;
    const whose = { userId, actor: byUser(session, client) };
    await endSessions({ em: transaction, client }, whose, (live) => openedByMail(live, session.id), now);
  });
  return true;
}

interface Whose {
  readonly userId: string;
  readonly tenantId: string;
}

/** Call it after locking the user. @param id null unmarks the present one. */
async function markPrimary(sql: Sql, { userId, tenantId }: Whose, id: string | null): Promise<boolean> {
  const { numUpdatedRows } = await sql
    .updateTable('email_address')
    .set({ is_primary: id !== null })
    .where('tenant_id', '=', tenantId)
    .where('user_id', '=', userId)
    .where((it) => (id === null ? it('is_primary', '=', true) : it('id', '=', id)))
    .where('verified_at', 'is not', null)
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

async function primaryOf(sql: Sql, { userId, tenantId }: Whose): Promise<string | null> {
  const { rows } = await raw<{ id: string }>`
    select e.id from email_address e
    where e.tenant_id = ${tenantId} and e.user_id = ${userId} and e.verified_at is not null
    order by ${PRIMARY_FIRST} limit 1`.execute(sql);
  return rows[0]?.id ?? null;
}

/**
 * Voids what codes and links by email have proved in workflows, and what those that were sent still could. A step that uses one
 * at the same time either finishes first, and its workflow ends here, or finds that the code is used up.
 */
export async function voidMail(sql: Sql, userId: string, now: Date): Promise<void> {
  await sql
    .updateTable('challenge')
    .set({ consumed_at: now })
    .where('factor', 'in', [...EMAIL_FACTORS])
    .where('consumed_at', 'is', null)
    .where('workflow_id', 'in', (it) => it.selectFrom('workflow').select('id').where('user_id', '=', userId))
    .execute();
  await endWorkflows(sql, userId, EMAIL_FACTORS);
  await voidGrants(sql, userId, EMAIL_FACTORS).execute();
}

function openedByMail(live: LiveSessions, except: string): LiveSessions {
  return live.where('id', '<>', except).where(
    raw<boolean>`exists (
      select from jsonb_array_elements(evidence) one where one ->> 'factor' = any(${[...EMAIL_FACTORS]}::text[])
    )`,
  );
}
