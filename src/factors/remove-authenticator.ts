// Removes an authenticator of a user: an authenticator app, a device that approves, or a phone number.
import { addNotice } from '../delivery/notices.ts';
import type { Outbox } from '../delivery/outbox.ts';
import { addAudit, byUser } from '../persistence/audit.ts';
import type { Sql } from '../persistence/orm.ts';
import { UnitOfWork } from '../persistence/unit-of-work.ts';
import { FactorKind, isSecondFactor } from '../policy/factor-kind.ts';
import type { Owner } from '../sessions/owner.ts';
import { type Account, findAccount, lockUser } from './account.ts';
import { requireWayIn } from './last-way-in.ts';
import { refuseToRemoveOlder } from './older-factors.ts';
import { PHONE_FACTORS } from './phone/phone.ts';
import { type FactorRegistry, nameOfFactor } from './registry.ts';
import { voidEvidence } from './void-evidence.ts';

export interface RemovedAuthenticator {
  readonly id: string;
  readonly factor: FactorKind;
}

/** Null when the user has no authenticator with this id. @throws {LastWayIn} */
export async function removeAuthenticator(
  { outbox, factors: registry }: { outbox: Outbox; factors: Pick<FactorRegistry, 'providers'> },
  id: string,
  { em, session, client, now }: Owner,
): Promise<RemovedAuthenticator | null> {
  const { userId, tenantId } = session;
  const account = await findAccount(em, userId);
  const found = account === null ? null : findRemovable(account, id);
  if (account === null || found === null) return null;
  const { factor, factors, remove } = found;
  refuseToRemoveOlder(session, account, found.secondFactors, now);

  const unitOfWork = new UnitOfWork();
  unitOfWork.require(async (sql) => {
    // Without the lock, two requests that remove the last two authenticators would each assume that the other one
    // remains.
    await lockUser(sql, userId);
    if (!(await remove(sql))) return false;
    await requireWayIn(sql, userId, { providers: registry.providers.of(tenantId).map((one) => one.id) });
    await voidEvidence(sql, userId, factors);
    return true;
  });
  addAudit(
    unitOfWork,
    { type: 'authenticator.removed', tenantId, userId, sessionId: session.id, factor },
    byUser(session, client),
    now,
  );
  addNotice(outbox, { account, unitOfWork, now }, { name: 'factor-removed', factor: nameOfFactor(factor) });
  await unitOfWork.commit(em);
  return { id, factor };
}

interface Removable {
  readonly factor: FactorKind;
  /** The factors that it could complete. */
  readonly factors: readonly FactorKind[];
  /** What the user loses as a second factor. */
  readonly secondFactors: readonly { readonly enrolledAt?: string | null }[];
  remove(sql: Sql): Promise<boolean>;
}

function findRemovable({ authenticators, phones }: Account, id: string): Removable | null {
  const removeFrom = (table: 'authenticator' | 'phone_number') => async (sql: Sql) => {
    const { numDeletedRows } = await sql.deleteFrom(table).where('id', '=', id).executeTakeFirst();
    return numDeletedRows > 0n;
  };
  const authenticator = authenticators.find((one) => one.id === id && isSecondFactor(one.factor));
  if (authenticator !== undefined) {
    const { factor } = authenticator;
    const secondFactors = authenticator.confirmed ? [authenticator] : [];
    return { factor, factors: [factor], secondFactors, remove: removeFrom('authenticator') };
  }
  const phone = phones.find((one) => one.id === id);
  if (phone === undefined) return null;
  // A number that is no second factor removes nobody's way in.
  return {
    factor: FactorKind.PHONE_CODE,
    factors: PHONE_FACTORS,
    secondFactors: phone.secondFactor ? [phone] : [],
    remove: removeFrom('phone_number'),
  };
}
