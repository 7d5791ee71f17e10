// Schedules the deletion of an account, and cancels it. Everything that acts for the user ends at once, and the account
// stays for some days in which only its owner can get in, by signing in anew.
import { sql as raw } from 'kysely';
import type { Outbox } from '../delivery/outbox.ts';
import { type AuditActor, addAudit } from '../persistence/audit.ts';
import { type EntityManager, type Sql, sqlOf } from '../persistence/orm.ts';
import { atomically } from '../persistence/transaction.ts';
import { Conflict, UnitOfWork } from '../persistence/unit-of-work.ts';
import { addSeconds } from '../platform/clock.ts';
import { UserError } from '../platform/user-error.ts';
import { DELETION_SECONDS } from '../policy/deletion.ts';
import { endEverything } from './end-everything.ts';
import { tellAllAddresses } from './tell-all-addresses.ts';

export class LastAdministrator extends UserError {
  static readonly description =
    'You are the only administrator of your tenant, so your account cannot be deleted. Appoint another one first.';
  readonly code = 'LAST_ADMINISTRATOR';
  constructor() {
    super('You are the only administrator. Appoint another one, then delete your account.');
  }
}

export interface Deletion {
  readonly requestedAt: Date;
  readonly scheduledFor: Date;
}

/** Null if the account stays. */
export function deletionOf(row: {
  readonly deletion_requested_at: Date | null;
  readonly deletion_due_at: Date | null;
}): Deletion | null {
  const { deletion_requested_at: requestedAt, deletion_due_at: scheduledFor } = row;
  return requestedAt === null || scheduledFor === null ? null : { requestedAt, scheduledFor };
}

/** Whose account it is, and who changes it. */
export interface AccountChange {
  readonly em: EntityManager;
  readonly tenantId: string;
  readonly userId: string;
  readonly sessionId: string | null;
  readonly actor: AuditActor;
  readonly now: Date;
}

/**
 * Schedules the deletion. One that is scheduled already keeps its time, unless this one is earlier.
 *
 * @param afterSeconds how long it can be cancelled.
 * @returns null when the tenant has no such user.
 * @throws {LastAdministrator}
 * @throws {Conflict} when the account is being erased.
 */
export function scheduleDeletion(
  outbox: Outbox,
  change: AccountChange,
  afterSeconds = DELETION_SECONDS,
): Promise<Deletion | null> {
  const { em, userId, tenantId, now } = change;
  return atomically(em, async (transaction) => {
    const sql = sqlOf(transaction);
    const user = await lockedUser(sql, change);
    if (user === null) return null;
    if (user.roles.length > 0) await requireOtherAdministrator(sql, tenantId, userId);
    await endEverything(sql, userId, now);
    const deletion = { requestedAt: now, scheduledFor: addSeconds(now, afterSeconds) };
    if (user.deletion !== null && user.deletion.scheduledFor <= deletion.scheduledFor) return user.deletion;
    const unitOfWork = new UnitOfWork();
    setDeletion(unitOfWork, change, deletion);
    addAudit(unitOfWork, { type: 'user.deletion-scheduled', ...subjectOf(change) }, change.actor, now);
    if (afterSeconds > 0)
      await tellAllAddresses(sql, outbox, unitOfWork, change, {
        name: 'deletion-scheduled',
        due: deletion.scheduledFor,
        ...originOf(change),
      });
    await unitOfWork.commit(transaction);
    return deletion;
  });
}

/**
 * Cancels the deletion, if one is scheduled.
 *
 * @returns false when the tenant has no such user.
 * @throws {Conflict} when the account is being erased.
 */
export function cancelDeletion(outbox: Outbox, change: AccountChange): Promise<boolean> {
  return atomically(change.em, async (transaction) => {
    const sql = sqlOf(transaction);
    const user = await lockedUser(sql, change);
    if (user === null) return false;
    if (user.deletion === null) return true;
    const unitOfWork = new UnitOfWork();
    setDeletion(unitOfWork, change, null);
    addAudit(unitOfWork, { type: 'user.deletion-cancelled', ...subjectOf(change) }, change.actor, change.now);
    const notice = { name: 'deletion-cancelled', ...originOf(change) } as const;
    await tellAllAddresses(sql, outbox, unitOfWork, change, notice);
    await unitOfWork.commit(transaction);
    return true;
  });
}

/** Serialises everything that decides about the account. @throws {Conflict} when it is being erased. */
async function lockedUser(sql: Sql, { userId, tenantId }: AccountChange) {
  const row = await sql
    .selectFrom('user_account')
    .select(['roles', 'deletion_requested_at', 'deletion_due_at', 'erasing_at'])
    .where('id', '=', userId)
    .where('tenant_id', '=', tenantId)
    .forNoKeyUpdate()
    .executeTakeFirst();
  if (row === undefined) return null;
  if (row.erasing_at !== null) throw new Conflict();
  return { roles: row.roles, deletion: deletionOf(row) };
}

/**
 * Two administrators who leave at the same time take turns: the second one sees that the first one goes.
 * @throws {LastAdministrator}
 */
async function requireOtherAdministrator(sql: Sql, tenantId: string, userId: string): Promise<void> {
  await sql.selectFrom('tenant').select('id').where('id', '=', tenantId).forNoKeyUpdate().execute();
  const other = await sql
    .selectFrom('user_account')
    .select('id')
    .where('tenant_id', '=', tenantId)
    .where('id', '<>', userId)
    .where(raw<boolean>`roles <> '[]'`) // for the index
    .where(raw<boolean>`roles @> '["ADMIN"]'`)
    .where('activated_at', 'is not', null)
    .where('deletion_due_at', 'is', null)
    .limit(1)
    .executeTakeFirst();
  if (other === undefined) throw new LastAdministrator();
}

function setDeletion(
  unitOfWork: UnitOfWork,
  { userId, tenantId }: AccountChange,
  deletion: Deletion | null,
): void {
  unitOfWork.write((sql) =>
    sql
      .updateTable('user_account')
      .set({
        deletion_requested_at: deletion?.requestedAt ?? null,
        deletion_due_at: deletion?.scheduledFor ?? null,
      })
      .where('id', '=', userId)
      .where('tenant_id', '=', tenantId),
  );
}

function subjectOf({ tenantId, userId, sessionId }: AccountChange) {
  return { tenantId, userId, sessionId } as const;
}

/** Where the request came from, as messages say it. For an operator, only the time is known. */
function originOf({ actor, now }: AccountChange) {
  const { ip, userAgent } = actor.kind === 'OPERATOR' ? { ip: null, userAgent: null } : actor;
  return { ip, userAgent, at: now };
}
