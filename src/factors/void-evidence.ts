// What happens in a user's sessions when a second factor is no longer one: what it once proved is no evidence any more,
// and without a second factor left, backup codes stand in for nothing and go too.
import type { Sql } from '../persistence/orm.ts';
import { FactorKind } from '../policy/factor-kind.ts';
import { evidenceWithout } from '../sessions/evidence-in-sql.ts';
import { voidGrants } from '../sessions/operation-grant.ts';
import { hasSecondFactor } from './account.ts';

/** Inside a transaction in which the user is locked, and what counts no more is gone. @param lost what it could prove. */
export async function voidEvidence(sql: Sql, userId: string, lost: readonly FactorKind[]): Promise<void> {
  const isLast = !(await hasSecondFactor(sql, userId));
  if (isLast) await sql.deleteFrom('backup_code').where('user_id', '=', userId).execute();
  const factors = isLast ? [...lost, FactorKind.BACKUP_CODE] : lost;
  // Evidence does not say which authenticator of its kind it is from, so all of the kind goes: doubt refuses.
  await sql
    .updateTable('session')
    .set({ evidence: evidenceWithout(factors) })
    .where('user_id', '=', userId)
    .execute();
  await voidGrants(sql, userId, factors).execute();
}
