// Removes the evidence of a second factor when the user removes the factor: from every session, and by ending every
// workflow that has collected it. When the last second factor goes, the backup codes are deleted too.
import { sql as raw } from 'kysely';
import type { Sql } from '../persistence/orm.ts';
import { FactorKind } from '../policy/factor-kind.ts';
import { evidenceWithout } from '../sessions/evidence-in-sql.ts';
import { forgetting } from '../sessions/forget-browsers.ts';
import { voidGrants } from '../sessions/operation-grant.ts';
import { hasSecondFactor } from './account.ts';

/**
 * Call it inside a transaction, after locking the user and deleting the factor.
 *
 * @param lost the kinds of evidence to remove.
 */
export async function voidEvidence(sql: Sql, userId: string, lost: readonly FactorKind[]): Promise<void> {
  const isLast = !(await hasSecondFactor(sql, userId));
  if (isLast) await sql.deleteFrom('backup_code').where('user_id', '=', userId).execute();
  const factors = isLast ? [...lost, FactorKind.BACKUP_CODE] : lost;
  await endWorkflows(sql, userId, factors);
  // Evidence does not record which authenticator it came from, so all evidence of the kind is removed.
  await sql
    .updateTable('session')
    .set({ evidence: evidenceWithout(factors) })
    .where('user_id', '=', userId)
    .execute();
  await voidGrants(sql, userId, factors).execute();
  // It is not recorded which of the user's factors was proved on a remembered browser, so all are forgotten.
  await forgetting(sql, userId).execute();
}

/**
 * Ends every open workflow of the user but one. A step that commits at the same time either finishes first or finds that its
 * workflow has ended.
 */
export async function endOtherWorkflows(
  sql: Sql,
  userId: string,
  except: string | null,
  now: Date,
): Promise<void> {
  await sql
    .updateTable('workflow')
    // Not `now`: a parallel request may have read its clock earlier, and for it `now` would still be in the future.
    .set((it) => ({ expires_at: it.ref('created_at'), revision: it('revision', '+', 1) }))
    .where('user_id', '=', userId)
    .where('id', '<>', except ?? '')
    .where('expires_at', '>', now)
    .execute();
}

/**
 * Ends the workflows that have collected evidence of these factors. A step that commits at the same time either
 * finishes first or finds that the workflow has ended.
 */
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
