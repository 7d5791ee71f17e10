// Spends an attempt before its proof is checked. One statement, committed at once, counts the attempt in the workflow
// and, for a guess, in the lockout of its subject. A thousand parallel guesses therefore spend a thousand attempts.
import { type RawBuilder, sql as raw } from 'kysely';
import { type Counted, countFailure, failuresOf, takingBack } from '../../factors/lockout.ts';
import type { Sql } from '../../persistence/orm.ts';
import { run, statement } from '../../persistence/statement.ts';
import type { FactorKind, GuessedAt } from '../../policy/factor-kind.ts';
import type { LockoutCounter, Throttle } from '../../policy/lockout.ts';
import { isExhausted, limitsOf, type Origin } from '../network-limits.ts';
import { COLUMNS, COLUMNS_OF_W, surroundings, type WorkflowRow, workflowRow } from './row.ts';

/** A proof before it is checked. */
export interface Claim {
  /** The factors that the proof may be for. */
  readonly kinds: readonly FactorKind[];
  /** Null if the proof cannot be guessed. */
  readonly throttle: Throttle | null;
  readonly sessionId: string | null;
  /** The network of the client. Null if unknown. */
  readonly origin: Origin | null;
  readonly now: Date;
}

export type ClaimedRow = WorkflowRow & Counted;

/**
 * Spends an attempt of the workflow and reads the row. A guess counts as a failure of its subject until it turns out to
 * be correct. Returns null if the workflow is unknown, has ended or expired, has no attempts left, or belongs to
 * another session. Also returns null for a guess whose subject is locked or whose network has used up its guesses.
 */
export async function spendAttempt(
  sql: Sql,
  id: string,
  { kinds, throttle, sessionId, origin, now }: Claim,
): Promise<ClaimedRow | null> {
  const { counter = null, target = null } = throttle ?? {};
  const values = {
    id,
    kinds: [...kinds],
    counter,
    sessionId,
    now,
    nowMs: now.getTime(),
    ...limitsOf(origin),
  };
  const [row] = await run(sql, SPEND[target ?? 'NOTHING'](values));
  if (row === undefined) return null;
  const counted = counter === null || row.failures === null ? null : { counter, failures: row.failures };
  return { ...workflowRow(row), counted };
}

type Values = ReturnType<typeof limitsOf> & {
  readonly id: string;
  readonly kinds: readonly FactorKind[];
  readonly counter: LockoutCounter | null;
  readonly sessionId: string | null;
  readonly now: Date;
  readonly nowMs: number;
};

/** One statement for each kind of guess. */
const SPEND = {
  NOTHING: spending(null),
  LASTING_SECRET: spending('LASTING_SECRET'),
  CHALLENGE: spending('CHALLENGE'),
  SHORT_BACKUP_CODES: spending('SHORT_BACKUP_CODES'),
} satisfies Record<GuessedAt | 'NOTHING', unknown>;

function spending(target: GuessedAt | null) {
  return statement((sql, values: Values) =>
    sql
      .with('claimed', (db) =>
        db
          .updateTable('workflow')
          .set((it) => ({ attempts: it('attempts', '+', 1) }))
          .where('id', '=', values.id)
          .where(raw`snapshot ->> 'status'`, '=', 'active')
          .whereRef('attempts', '<', 'max_attempts')
          .where('expires_at', '>', values.now)
          .where((it) => it.or([it('session_id', 'is', null), it('session_id', '=', values.sessionId)]))
          .where((it) =>
            it.or([
              it.not(isGuessable(target)),
              it.and([
                it.not(
                  it.exists(
                    it
                      .selectFrom('lockout')
                      .whereRef('lockout.subject', '=', 'workflow.subject')
                      .where('lockout.counter', '=', values.counter)
                      .where('lockout.locked_until', '>', values.now)
                      .select('lockout.subject'),
                  ),
                ),
                it.not(isExhausted(values, values.nowMs)),
              ]),
            ]),
          )
          .returning(COLUMNS)
          .returning(isGuess(target, values).as('is_guess')),
      )
      .with('spent', (db) =>
        countFailure(
          db,
          db
            .selectFrom('claimed')
            .select(['claimed.subject', raw<LockoutCounter>`${values.counter}::text`.as('counter')])
            .where('claimed.is_guess', '=', true),
          values.now,
        ),
      )
      .selectFrom('claimed as w')
      .leftJoin('spent', 'spent.subject', 'w.subject')
      .select(COLUMNS_OF_W)
      .select('spent.failures')
      .select((it) =>
        surroundings({ id: it.ref('w.id'), userId: it.ref('w.user_id'), subject: it.ref('w.subject') }),
      )
      // A guess is not checked if the lock has just begun.
      .where((it) => it.or([it('w.is_guess', '=', false), it('spent.subject', 'is not', null)])),
  );
}

/** Whether such a proof of this workflow can be guessed at all. */
function isGuessable(target: GuessedAt | null): RawBuilder<boolean> {
  if (target === null) return raw`false`;
  if (target !== 'SHORT_BACKUP_CODES') return raw`true`;
  return raw`exists (
    select from backup_code b where b.user_id = workflow.user_id and b.used_at is null and b.guessable
  )`;
}

/** Whether this proof could match anything. Without a sent code, it is not a guess. */
function isGuess(target: GuessedAt | null, { kinds, now }: Values): RawBuilder<boolean> {
  if (target !== 'CHALLENGE') return isGuessable(target);
  return raw`exists (
    select from challenge c
    where c.workflow_id = workflow.id and c.factor = any(${kinds}::text[])
      and c.consumed_at is null and c.expires_at > ${now}
  )`;
}

/**
 * Gives back an attempt whose proof was not checked or was correct.
 * @param unlessCommitted set it after a unit of work that may have been committed despite its error. If it was
 * committed, it has given the attempt back already.
 */
export async function giveBackAttempt(
  sql: Sql,
  row: Counted & Pick<ClaimedRow, 'id' | 'revision'>,
  { unlessCommitted = false } = {},
): Promise<void> {
  const { id, revision } = row;
  const giveBack = unlessCommitted ? GIVE_BACK_UNLESS_COMMITTED : GIVE_BACK;
  await run(sql, giveBack({ id, revision, ...failuresOf(row) }));
}

interface GivenBack extends ReturnType<typeof failuresOf> {
  readonly id: string;
  readonly revision: number;
}

const GIVE_BACK = givingBack(false);
const GIVE_BACK_UNLESS_COMMITTED = givingBack(true);

function givingBack(unlessCommitted: boolean) {
  return statement((sql, values: GivenBack) => {
    const given = sql.with('given', (db) =>
      db
        .updateTable('workflow')
        .set((it) => ({ attempts: it('attempts', '-', 1) }))
        .where('id', '=', values.id)
        .$if(unlessCommitted, (query) => query.where('revision', '=', values.revision))
        .returning('id'),
    );
    return takingBack(given as unknown as Sql, values).where(raw<boolean>`exists (select from given)`);
  });
}
