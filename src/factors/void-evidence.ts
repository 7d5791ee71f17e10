// What happens to what a second factor has proved when it stops being one. It is no evidence in any session, and a
// workflow that has gathered it ends. Without a second factor left, backup codes stand in for nothing and go too.
import { sql as raw } from 'kysely';
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
  await endWorkflows(sql, userId, factors);
  // Evidence does not say which authenticator of its kind it is from, so all of the kind goes: doubt refuses.
  await sql
    .updateTable('session')
    .set({ evidence: evidenceWithout(factors) })
    .where('user_id', '=', userId)
    .execute();
  await voidGrants(sql, userId, factors).execute();
}

/** Ends the workflows that have gathered what these factors prove. A step of one of them that settles at this moment comes first, or finds that the workflow has ended. */
export async function endWorkflows(sql: Sql, userId: string, factors: readonly FactorKind[]): Promise<void> {
  await sql
    .updateTable('workflow')
    .set((it) => ({ expires_at: it.ref('created_at'), revision: it('revision', '+', 1) }))
    .where('user_id', '=', userId)
    .whereRef('expires_at', '>', 'created_at')
    .where(
      raw<boolean>`exists (
        select from jsonb_array_elements(snapshot #> '{context,evidence}') one
        where one ->> 'factor' = any(${factors})
      )`,
    )
    .execute();
}
