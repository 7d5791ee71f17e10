// Sets a new password, or the first one. Everything that the old password proved ends: every other workflow of the user, and any sign-in
// that is checking the old password right now. The user chooses whether to sign out the other sessions. If so, their
// known devices are forgotten too, because one of them may belong to an attacker.
import { sql as raw } from 'kysely';
import { addNotice } from '../../delivery/notices.ts';
import type { Outbox } from '../../delivery/outbox.ts';
import { addAudit, byUser } from '../../persistence/audit.ts';
import { UnitOfWork } from '../../persistence/unit-of-work.ts';
import { randomId } from '../../platform/random.ts';
import { FactorKind } from '../../policy/factor-kind.ts';
import { forgetting } from '../../sessions/forget-browsers.ts';
import { voidGrants } from '../../sessions/operation-grant.ts';
import type { Owner } from '../../sessions/owner.ts';
import { type Account, findAccount, lockUser, passwordOwner, passwordPolicyOf } from '../account.ts';
import { authenticatorRow } from '../authenticator-row.ts';
import { liftLockouts } from '../lockout.ts';
import { endOtherWorkflows } from '../void-evidence.ts';
import type { NewPasswords } from './new-passwords.ts';
import { passwordFactor } from './password.ts';

export interface NewPassword {
  /** The hash to store. */
  readonly hash: string;
  readonly signOutOtherSessions: boolean;
}

interface Change {
  readonly account: Account;
  /** The workflow in which the password was chosen. Null outside a workflow. */
  readonly workflowId: string | null;
  /** The session in which the password was chosen, which stays signed in. Null outside a session. */
  readonly sessionId: string | null;
  readonly unitOfWork: UnitOfWork;
  readonly now: Date;
}

export function setPassword(
  outbox: Outbox,
  change: Change,
  { hash, signOutOtherSessions }: NewPassword,
): void {
  const { account, workflowId, sessionId, unitOfWork, now } = change;
  unitOfWork.require(async (sql) => {
    await lockUser(sql, account.id);
    await endOtherWorkflows(sql, account.id, workflowId, now);
    return true;
  });
  unitOfWork.write((sql) =>
    sql
      .insertInto('authenticator')
      .values(
        authenticatorRow({
          id: randomId(),
          userId: account.id,
          factor: FactorKind.PASSWORD,
          secret: hash,
          createdAt: now,
          confirmedAt: now,
        }),
      )
      .onConflict((conflict) =>
        conflict
          .columns(['user_id', 'factor'])
          .where('factor', '=', raw.lit(FactorKind.PASSWORD))
          .doUpdateSet({ secret: hash, created_at: now }),
      ),
  );
  if (signOutOtherSessions) {
    unitOfWork.write((sql) =>
      sql
        .updateTable('session')
        .set({ revoked_at: now })
        .where('user_id', '=', account.id)
        .where((it) => it.not(it('id', 'is not distinct from', sessionId)))
        .where('revoked_at', 'is', null),
    );
    unitOfWork.write((sql) => sql.deleteFrom('known_device').where('user_id', '=', account.id));
  }
  if (!signOutOtherSessions) unitOfWork.write((sql) => forgetting(sql, account.id));
  unitOfWork.write((sql) => voidGrants(sql, account.id, [FactorKind.PASSWORD]));
  liftLockouts(unitOfWork, account.id);
  const hadOne = account.authenticators.some(({ factor }) => factor === FactorKind.PASSWORD);
  addNotice(
    outbox,
    { account, unitOfWork, now },
    hadOne ? { name: 'password-changed' } : { name: 'factor-added', factor: passwordFactor.name },
  );
}

/**
 * Changes the password of the signed-in user, or sets the first one.
 *
 * @throws {PasswordRejected} @throws {OverloadedError} @throws {BreachedUnavailableError} @throws {Conflict}
 */
export async function changePassword(
  { passwords, outbox }: { passwords: NewPasswords; outbox: Outbox },
  { newPassword, signOutOtherSessions }: { newPassword: string; signOutOtherSessions: boolean },
  { em, session, client, now }: Owner,
): Promise<void> {
  const { userId, tenantId } = session;
  const account = await findAccount(em, userId);
  if (account === null) throw new Error('A session has no user.');
  const hash = await passwords.hash(newPassword, passwordPolicyOf(account), passwordOwner(account));
  const unitOfWork = new UnitOfWork();
  setPassword(
    outbox,
    { account, workflowId: null, sessionId: session.id, unitOfWork, now },
    { hash, signOutOtherSessions },
  );
  addAudit(
    unitOfWork,
    { type: 'password.changed', tenantId, userId, sessionId: session.id },
    byUser(session, client),
    now,
  );
  await unitOfWork.commit(em);
}
