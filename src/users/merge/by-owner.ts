// A person merges two users of their own. They sign in to both. The user who ends allows it, by naming the one who stays; the one
// who stays completes it, by naming the one who ends. Each stands behind a proof for that alone, so nobody is merged without
// proving both, and no token of one session is given to the other.
import type { Outbox } from '../../delivery/outbox.ts';
import { findAccount } from '../../factors/account.ts';
import { refuseToRemoveOlder } from '../../factors/older-factors.ts';
import { addAudit, byUser } from '../../persistence/audit.ts';
import type { Sql } from '../../persistence/orm.ts';
import { UnitOfWork } from '../../persistence/unit-of-work.ts';
import { addSeconds } from '../../platform/clock.ts';
import type { Owner } from '../../sessions/owner.ts';
import { MergeWithRoles } from './errors.ts';
import { mergeUsers, type Pair } from './merge.ts';

/** How long a user has to sign in to the other account. */
export const CONSENT_SECONDS = 600;

/** The guard of both mutations. */
const GUARD = { require: 'STRONGEST_ENROLLED' } as const;

/** Tells nothing about the other user, who may not exist. A newer consent replaces an older one. */
export async function allowMerge(intoUserId: string, { em, session, client, now }: Owner): Promise<Date> {
  const { id: sessionId, userId, tenantId } = session;
  const account = await findAccount(em, userId);
  if (account === null) throw new Error('A session has no user.');
  // Everything that the user has goes.
  const { authenticators, phones, emails } = account;
  refuseToRemoveOlder(
    session,
    account,
    [
      ...authenticators.filter((one) => one.confirmed),
      ...phones.filter((one) => one.secondFactor),
      ...emails.filter((one) => one.verified),
    ],
    now,
    GUARD,
  );
  const expiresAt = addSeconds(now, CONSENT_SECONDS);
  const given = { into_user_id: intoUserId, session_id: sessionId, expires_at: expiresAt };
  const unitOfWork = new UnitOfWork();
  unitOfWork.write((sql) =>
    sql
      .insertInto('merge_consent')
      .values({ tenant_id: tenantId, user_id: userId, ...given })
      .onConflict((conflict) => conflict.columns(['tenant_id', 'user_id']).doUpdateSet(given)),
  );
  const subject = { type: 'merge.allowed', tenantId, userId, sessionId } as const;
  addAudit(unitOfWork, subject, byUser(session, client), now);
  await unitOfWork.commit(em);
  return expiresAt;
}

/** False when the other user has not allowed it, or does not exist. @throws {UserError} */
export function completeMerge(
  services: { readonly outbox: Outbox },
  fromId: string,
  { em, session, client, now }: Owner,
): Promise<boolean> {
  const { userId: intoId, tenantId } = session;
  return mergeUsers(
    services,
    { tenantId, fromId, intoId },
    {
      em,
      client,
      actor: byUser(session, client),
      reason: null,
      now,
      isAllowed: (sql) => hasAllowed(sql, { tenantId, fromId, intoId }, now),
      refuse(from, into) {
        if (from.roles.some((role) => !into.roles.includes(role))) throw new MergeWithRoles();
      },
    },
  );
}

/** The consent counts as long as the session in which it was given. */
async function hasAllowed(sql: Sql, { tenantId, fromId, intoId }: Pair, now: Date): Promise<boolean> {
  const consent = await sql
    .selectFrom('merge_consent as c')
    .innerJoin('session as s', 's.id', 'c.session_id')
    .select('c.user_id')
    .where('c.tenant_id', '=', tenantId)
    .where('c.user_id', '=', fromId)
    .where('c.into_user_id', '=', intoId)
    .where('c.expires_at', '>', now)
    .where('s.user_id', '=', fromId)
    .where('s.revoked_at', 'is', null)
    .where('s.expires_at', '>', now)
    .where('s.idle_expires_at', '>', now)
    .executeTakeFirst();
  return consent !== undefined;
}
