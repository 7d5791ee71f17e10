// An attempt is spent before its proof is checked: in the workflow, and for a guess in the lockout of its subject as well,
// in one statement that commits at once. So a thousand parallel guesses spend a thousand attempts.
import { type RawBuilder, sql as raw } from 'kysely';
import { type Counted, countFailure, takeBackFailure } from '../../factors/lockout.ts';
import type { Sql } from '../../persistence/orm.ts';
import type { FactorKind } from '../../policy/factor-kind.ts';
import type { LockoutCounter, Throttle } from '../../policy/lockout.ts';
import { isExhausted, type Origin } from '../network-limits.ts';
import { COLUMNS, COLUMNS_OF_W, surroundings, type WorkflowRow, workflowRow } from './row.ts';

/** What a proof claims to be. */
export interface Claim {
  /** Those that the proof may be for. */
  readonly kinds: readonly FactorKind[];
  /** Null: it cannot be guessed. */
  readonly throttle: Throttle | null;
  readonly sessionId: string | null;
  /** Where it comes from; null when that is not known. */
  readonly origin: Origin | null;
  readonly now: Date;
}

export type ClaimedRow = WorkflowRow & Counted;

/**
 * Spends an attempt of the workflow, and reads the row. A guess counts as a failure of its subject until it turns out to
 * be right. Null when the workflow is unknown, has ended, is past its deadline, has no attempts left or belongs to
 * another session; or when the proof is a guess, and its subject is locked or its network has used up its guesses.
 */
export async function spendAttempt(
  sql: Sql,
  id: string,
  { kinds, throttle, sessionId, origin, now }: Claim,
): Promise<ClaimedRow | null> {
  const counter = throttle?.counter ?? null;
  const row = await sql
    .with('claimed', (db) =>
      db
        .updateTable('workflow')
        .set((it) => ({ attempts: it('attempts', '+', 1) }))
        .where('id', '=', id)
        .where(raw`snapshot ->> 'status'`, '=', 'active')
        .whereRef('attempts', '<', 'max_attempts')
        .where('expires_at', '>', now)
        .where((it) => it.or([it('session_id', 'is', null), it('session_id', '=', sessionId)]))
        .where((it) =>
          it.or([
            it.not(isGuessable(throttle)),
            it.and([
              it.not(
                it.exists(
                  it
                    .selectFrom('lockout')
                    .whereRef('lockout.subject', '=', 'workflow.subject')
                    .where('lockout.counter', '=', counter)
                    .where('lockout.locked_until', '>', now)
                    .select('lockout.subject'),
                ),
              ),
              it.not(isExhausted(origin, now)),
            ]),
          ]),
        )
        .returning(COLUMNS)
        .returning(isGuess(throttle, kinds, now).as('is_guess')),
    )
    .with('spent', (db) =>
      countFailure(
        db,
        db
          .selectFrom('claimed')
          .select(['claimed.subject', raw<LockoutCounter>`${counter}`.as('counter')])
          .where('claimed.is_guess', '=', true),
        now,
      ),
    )
    .selectFrom('claimed as w')
    .leftJoin('spent', 'spent.subject', 'w.subject')
    .select(COLUMNS_OF_W)
    .select('spent.failures')
    .select((it) =>
      surroundings({ id: it.ref('w.id'), userId: it.ref('w.user_id'), subject: it.ref('w.subject') }),
    )
    // A guess whose lock began at this very moment is not checked.
    .where((it) => it.or([it('w.is_guess', '=', false), it('spent.subject', 'is not', null)]))
    .executeTakeFirst();
  if (row === undefined) return null;
  const counted = counter === null || row.failures === null ? null : { counter, failures: row.failures };
  return { ...workflowRow(row), counted };
}

/** Whether such a proof of this workflow could be guessed at all. */
function isGuessable(throttle: Throttle | null): RawBuilder<boolean> {
  if (throttle === null) return raw`false`;
  if (throttle.target !== 'SHORT_BACKUP_CODES') return raw`true`;
  return raw`exists (
    select from backup_code b where b.user_id = workflow.user_id and b.used_at is null and b.guessable
  )`;
}

/** Whether there is something that this proof might hit. A code that was never sent is not guessed. */
function isGuess(throttle: Throttle | null, kinds: readonly FactorKind[], now: Date): RawBuilder<boolean> {
  if (throttle?.target !== 'CHALLENGE') return isGuessable(throttle);
  return raw`exists (
    select from challenge c
    where c.workflow_id = workflow.id and c.factor = any(${[...kinds]})
      and c.consumed_at is null and c.expires_at > ${now}
  )`;
}

/**
 * Gives back an attempt whose proof was not checked, or was right.
 * @param unlessCommitted a unit of work that seemed to fail may have been committed all the same, and has given it back then.
 */
export async function giveBackAttempt(
  sql: Sql,
  row: Counted & Pick<ClaimedRow, 'id' | 'revision'>,
  { unlessCommitted = false } = {},
): Promise<void> {
  const given = sql.with('given', (db) =>
    db
      .updateTable('workflow')
      .set((it) => ({ attempts: it('attempts', '-', 1) }))
      .where('id', '=', row.id)
      .$if(unlessCommitted, (query) => query.where('revision', '=', row.revision))
      .returning('id'),
  );
  await takeBackFailure(given as unknown as Sql, row)
    .where(raw<boolean>`exists (select from given)`)
    .execute();
}
