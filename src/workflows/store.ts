// The rows of workflows: claimed before a proof is checked, given back when nothing was checked.
import { type Expression, sql as raw } from 'kysely';
import { type Account, accountJson } from '../factors/account.ts';
import type { StoredChallenge } from '../factors/factor.ts';
import type { Sql } from '../persistence/orm.ts';
import {
  FAILURES_BEFORE_CLOSED,
  FAILURES_BEFORE_LOCK,
  FIRST_LOCK_SECONDS,
  LONGEST_LOCK_SECONDS,
  type LockoutCounter,
} from '../policy/lockout.ts';

export interface WorkflowRow {
  readonly id: string;
  readonly chart: string;
  readonly machineVersion: string;
  readonly tenantId: string;
  readonly sessionId: string | null;
  /** The known device that it was started on. */
  readonly deviceId: string | null;
  readonly subject: string;
  readonly snapshot: object;
  /** The operation that a step-up is bound to: keyed, and sealed. */
  readonly operation: string | null;
  readonly approves: string | null;
  readonly revision: number;
  readonly attempts: number;
  readonly maxAttempts: number;
  readonly expiresAt: Date;
  /** Null for a decoy. */
  readonly account: Account | null;
  readonly challenges: readonly SentChallenge[];
  /** Consecutive failures of the subject, in the counter that was asked for, this one included. */
  readonly failures: number;
  readonly lockedUntil: Date | null;
}

export interface SentChallenge extends StoredChallenge {
  readonly hint: string | null;
  /** ISO 8601. */
  readonly approvedAt: string | null;
  /** ISO 8601. */
  readonly sentAt: string;
  readonly timesSent: number;
}

const COLUMNS = [
  'id',
  'chart',
  'machine_version',
  'tenant_id',
  'user_id',
  'session_id',
  'device_id',
  'subject',
  'snapshot',
  'operation',
  'approves',
  'revision',
  'attempts',
  'max_attempts',
  'expires_at',
] as const;
const COLUMNS_OF_W = COLUMNS.map((column) => `w.${column}` as const);

/** The row as it stands. One statement. @param counter whose lock matters for what is asked; null: none does. */
export async function loadWorkflow(
  sql: Sql,
  id: string,
  counter: LockoutCounter | null,
): Promise<WorkflowRow | null> {
  const row = await sql
    .selectFrom('workflow as w')
    .leftJoin('lockout as l', (join) =>
      join.onRef('l.subject', '=', 'w.subject').on('l.counter', '=', counter),
    )
    .select(COLUMNS_OF_W)
    .select(['l.locked_until', 'l.failures'])
    .select((it) => [
      accountJson(it.ref('w.user_id')).as('account'),
      challengesJson(it.ref('w.id')).as('challenges'),
    ])
    .where('w.id', '=', id)
    .executeTakeFirst();
  return row === undefined ? null : workflowRow(row);
}

/**
 * Spends one attempt of the workflow and one of its account, before anything is checked, and reads the row: one
 * statement, committed at once, so a thousand parallel guesses spend a thousand attempts. Null when the workflow
 * is unknown, ended, past its deadline, out of attempts, locked, or belongs to another session.
 */
export async function claimAttempt(
  sql: Sql,
  id: string,
  counter: LockoutCounter,
  sessionId: string | null,
  now: Date,
): Promise<WorkflowRow | null> {
  const isFree = raw<boolean>`lockout.locked_until is null or lockout.locked_until <= ${now}`;
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
        )
        .returning(COLUMNS),
    )
    .with('spent', (db) =>
      db
        .insertInto('lockout')
        .columns(['subject', 'counter', 'failures', 'locked_until', 'updated_at'])
        .expression((it) =>
          it
            .selectFrom('claimed')
            .select([
              'claimed.subject',
              raw<LockoutCounter>`${counter}`.as('counter'),
              raw<number>`1`.as('failures'),
              raw<Date | null>`cast(null as timestamptz)`.as('locked_until'),
              raw<Date>`cast(${now} as timestamptz)`.as('updated_at'),
            ]),
        )
        .onConflict((conflict) =>
          conflict
            .columns(['subject', 'counter'])
            .doUpdateSet({
              failures: raw`lockout.failures + 1`,
              locked_until: lockAfter(raw`lockout.failures + 1`, now),
              updated_at: now,
            })
            .where(isFree),
        )
        .returning(['lockout.subject', 'lockout.failures']),
    )
    .selectFrom('claimed as w')
    .innerJoin('spent', 'spent.subject', 'w.subject')
    .select(COLUMNS_OF_W)
    .select('spent.failures')
    .select((it) => [
      accountJson(it.ref('w.user_id')).as('account'),
      challengesJson(it.ref('w.id')).as('challenges'),
    ])
    .executeTakeFirst();
  return row === undefined ? null : workflowRow({ ...row, locked_until: null });
}

/**
 * When so many consecutive failures are unlocked again; null while there are few. Each further one doubles it, and in the
 * end time alone unlocks nothing any more.
 */
function lockAfter(failures: Expression<unknown>, now: Date) {
  return raw<Date | null>`case
    when ${failures} >= ${raw.lit(FAILURES_BEFORE_CLOSED)} then cast(${now} as timestamptz) + interval '100 years'
    when ${failures} >= ${raw.lit(FAILURES_BEFORE_LOCK)} then
    cast(${now} as timestamptz) + make_interval(secs => least(
      ${raw.lit(LONGEST_LOCK_SECONDS)},
      ${raw.lit(FIRST_LOCK_SECONDS)} * power(2, least(${failures} - ${raw.lit(FAILURES_BEFORE_LOCK)}, 16))
    )) end`;
}

/**
 * Takes one failure of a subject back: its proof was right, or was never checked. The lock that it brought goes with it;
 * there is no other, because nothing is claimed while one lasts.
 */
export function takeBackFailure(sql: Sql, subject: string, counter: LockoutCounter) {
  return sql
    .updateTable('lockout')
    .set({ failures: raw`greatest(failures - 1, 0)`, locked_until: null })
    .where('subject', '=', subject)
    .where('counter', '=', counter);
}

/** The account's owner has shown up: failures of both counters begin at zero again. */
export function forgetFailures(sql: Sql, subject: string) {
  return sql.updateTable('lockout').set({ failures: 0, locked_until: null }).where('subject', '=', subject);
}

/**
 * Gives back an attempt for which nothing was checked, or whose proof was right.
 * @param unlessSettled a settlement that seemed to fail may have been committed all the same, and has given it back then.
 */
export async function giveBackAttempt(
  sql: Sql,
  { id, subject, revision }: Pick<WorkflowRow, 'id' | 'subject' | 'revision'>,
  counter: LockoutCounter,
  { unlessSettled = false } = {},
): Promise<void> {
  const given = sql.with('given', (db) =>
    db
      .updateTable('workflow')
      .set((it) => ({ attempts: it('attempts', '-', 1) }))
      .where('id', '=', id)
      .$if(unlessSettled, (query) => query.where('revision', '=', revision))
      .returning('id'),
  );
  await takeBackFailure(given as unknown as Sql, subject, counter)
    .where(raw<boolean>`exists (select from given)`)
    .execute();
}

function challengesJson(workflowId: Expression<string>) {
  return raw<SentChallenge[]>`(
    select coalesce(jsonb_agg(jsonb_build_object(
      'id', c.id, 'factor', c.factor, 'codeDigest', c.code_digest, 'hint', c.hint, 'sentAt', c.sent_at,
      'timesSent', c.times_sent, 'expiresAt', c.expires_at, 'consumed', c.consumed_at is not null,
      'authenticatorId', c.authenticator_id, 'approved', c.approved_at is not null, 'approvedAt', c.approved_at
    )), '[]') from challenge c where c.workflow_id = ${workflowId}
  )`;
}

function workflowRow(row: {
  id: string;
  chart: string;
  machine_version: string;
  tenant_id: string;
  session_id: string | null;
  device_id: string | null;
  subject: string;
  snapshot: object;
  operation: string | null;
  approves: string | null;
  revision: number;
  attempts: number;
  max_attempts: number;
  expires_at: Date;
  account: Account | null;
  challenges: SentChallenge[];
  failures: number | null;
  locked_until: Date | null;
}): WorkflowRow {
  return {
    id: row.id,
    chart: row.chart,
    machineVersion: row.machine_version,
    tenantId: row.tenant_id,
    sessionId: row.session_id,
    deviceId: row.device_id,
    subject: row.subject,
    snapshot: row.snapshot,
    operation: row.operation,
    approves: row.approves,
    revision: row.revision,
    attempts: row.attempts,
    maxAttempts: row.max_attempts,
    expiresAt: row.expires_at,
    account: row.account,
    challenges: row.challenges,
    failures: row.failures ?? 0,
    lockedUntil: row.locked_until,
  };
}
