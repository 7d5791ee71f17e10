// The background worker: delivers the messages of the outbox and deletes expired data. Its queue is graphile-worker, in
// the same database, so that a job is committed together with the change that caused it.
//
// The log shows each delivery, each failed try (warn), each message that the provider permanently refused (warn), and
// each job that failed its last try (error). `npm run outbox -- list` shows messages that were refused or given up; they
// can be replayed until they expire.
import { setTimeout as pause } from 'node:timers/promises';
import { type Job, Logger, type LogLevel, type Runner, run } from 'graphile-worker';
import type { Pool } from 'pg';
import type { RetentionSettings } from '../config/settings.ts';
import { keepAuditPartitions } from '../persistence/audit-partitions.ts';
import { FOR_REQUESTS, openPool } from '../persistence/connection.ts';
import { type Orm, sqlOf } from '../persistence/orm.ts';
import { applyRetention } from '../persistence/retention.ts';
import type { Clock } from '../platform/clock.ts';
import type { Log } from '../platform/log.ts';
import { forgetDeadJobs, freeAbandonedJobs } from './abandoned-jobs.ts';
import { eraseExpired } from './erase-expired.ts';
import { DELIVER_TASK } from './job.ts';
import type { Outbox } from './outbox.ts';

const CLEAR_AWAY_TASK = 'clear-away';
const FREE_TASK = 'free-abandoned-jobs';
const ERASE_TASK = 'erase-expired-messages';
const DOMAINS_TASK = 'check-domains';
const ERASE_USERS_TASK = 'erase-users';

/** The maximum duration of a delivery, even if the provider keeps responding byte by byte. */
const DELIVERY_MS = 60_000;
/** How long a delivery may still take when the server stops. After that, the message waits for the next server. */
const STOP_MS = 2000;
/** A run stops after this time, well before it would count as abandoned, and the next run continues. */
const CLEAR_AWAY_MS = 60_000;
/** The pause before a queue that stopped by itself is restarted. */
const RESTART_MS = 1000;

export interface WorkerParts {
  readonly databaseUrl: string;
  readonly orm: Orm;
  readonly outbox: Outbox;
  readonly clock: Clock;
  readonly log: Log;
  readonly retention: RetentionSettings;
  /** Looks up the proofs of domains that are due. @returns how many were. */
  checkDomains(signal: AbortSignal): Promise<number>;
  /** Erases the users whose deletion is due. */
  readonly eraseUsers: (signal: AbortSignal) => Promise<{ readonly begun: number; readonly erased: number }>;
}

export interface Worker {
  /** Stops taking jobs, and returns those that it cannot finish soon to the queue. */
  stop(): Promise<void>;
}

export async function startWorker(parts: WorkerParts): Promise<Worker> {
  const stopping = new AbortController();
  const pool = openPool(parts.databaseUrl, 'worker', FOR_REQUESTS);
  const first = await runQueue(parts, pool).catch(async (error: unknown) => {
    await pool.end();
    throw error;
  });
  const ended = superviseQueue(parts, pool, first, stopping.signal);
  return {
    async stop() {
      stopping.abort();
      await ended;
      await pool.end();
    },
  };
}

/** The queue stops by itself when it cannot record the end of a job. It is restarted until the server stops. */
async function superviseQueue(
  parts: WorkerParts,
  pool: Pool,
  first: Runner,
  stopping: AbortSignal,
): Promise<void> {
  let runner: Runner | null = first;
  while (!stopping.aborted) {
    try {
      runner ??= await runQueue(parts, pool);
      await untilEnded(runner, stopping);
    } catch (error) {
      parts.log.error({ err: error }, 'the queue stopped unexpectedly and is restarted');
    }
    runner = null;
    await pause(RESTART_MS, undefined, { signal: stopping }).catch(() => {});
  }
}

async function untilEnded(runner: Runner, stopping: AbortSignal): Promise<void> {
  const { promise: asked, resolve: ask } = Promise.withResolvers<void>();
  stopping.addEventListener('abort', () => ask(), { once: true });
  if (stopping.aborted) ask();
  await Promise.race([runner.promise, asked]);
  if (stopping.aborted) await runner.stop();
}

function runQueue(
  { orm, outbox, clock, log, retention, checkDomains, eraseUsers }: WorkerParts,
  pool: Pool,
): Promise<Runner> {
  return run({
    pgPool: pool,
    preset: {
      worker: {
        concurrentJobs: 4,
        gracefulShutdownAbortTimeout: STOP_MS,
        // With batching, a job whose failure was not recorded before the stop would stay locked for hours.
        completeJobBatchDelay: 0,
        failJobBatchDelay: 0,
        logger: new Logger(() => (level, message, meta) => logOfQueue(log, level, message, meta)),
      },
    },
    noHandleSignals: true, // the server stops the queue after the last request
    crontab: `* * * * * ${FREE_TASK}\n* * * * * ${ERASE_TASK}\n* * * * * ${ERASE_USERS_TASK}\n*/10 * * * * ${CLEAR_AWAY_TASK}\n7 * * * * ${DOMAINS_TASK}`,
    taskList: {
      async [DELIVER_TASK](payload, { abortSignal, job }) {
        const { id } = payload as { id: string };
        const signal = AbortSignal.any([abortSignal, AbortSignal.timeout(DELIVERY_MS)]);
        const sql = sqlOf(orm.em.fork());
        const isLastTry = job.attempts >= job.max_attempts;
        const delivery = await outbox.deliver(sql, id, clock.now(), signal).catch(async (error: unknown) => {
          if (isLastTry) await outbox.giveUp(sql, id, error, clock.now());
          throw error;
        });
        log[delivery.outcome === 'refused' ? 'warn' : 'info']({ messageId: id, ...delivery }, 'message');
      },
      async [CLEAR_AWAY_TASK](_payload, { abortSignal }) {
        const em = orm.em.fork();
        const sql = sqlOf(em);
        const signal = AbortSignal.any([abortSignal, AbortSignal.timeout(CLEAR_AWAY_MS)]);
        const cleared = await applyRetention(sql, clock.now(), retention, signal);
        const deadJobs = await forgetDeadJobs(sql);
        log.info({ ...cleared, deadJobs }, 'deleted expired data');
        // The next run tries again, so a failure need not be retried.
        await keepAuditPartitions(em, clock.now(), retention.auditSeconds, signal).then(
          (changes) => log.info(changes, 'kept the partitions of the audit log'),
          (err: unknown) => log.error({ err }, 'could not keep the partitions of the audit log'),
        );
      },
      async [ERASE_TASK]() {
        const erased = await eraseExpired(sqlOf(orm.em.fork()), clock.now());
        if (erased > 0) log.info({ erased }, 'erased expired messages');
      },
      async [DOMAINS_TASK](_payload, { abortSignal }) {
        const due = await checkDomains(abortSignal);
        if (due > 0) log.info({ due }, 'checked domains');
      },
      async [ERASE_USERS_TASK](_payload, { abortSignal }) {
        const signal = AbortSignal.any([abortSignal, AbortSignal.timeout(CLEAR_AWAY_MS)]);
        const users = await eraseUsers(signal);
        if (users.begun + users.erased > 0) log.info(users, 'erased users');
      },
      async [FREE_TASK]() {
        const freed = await freeAbandonedJobs(sqlOf(orm.em.fork()));
        if (freed > 0) log.warn({ freed }, 'unlocked jobs of a worker that died');
      },
    },
  });
}

/** The queue's messages name tasks and job ids. The error of a failed job is one of ours and contains no secret. */
function logOfQueue(log: Log, level: LogLevel, message: string, meta: object | undefined): void {
  const { job, error } = (meta ?? {}) as { job?: Job; error?: unknown };
  if (level !== 'error' && level !== 'warning') log.debug({ queue: message }, 'queue');
  else if (job === undefined) log[level === 'error' ? 'error' : 'warn']({ queue: message }, 'queue');
  else {
    const { id, task_identifier: task, attempts: tries, max_attempts: mostTries, payload } = job;
    const line = { jobId: id, task, payload, tries, mostTries, err: error };
    if (tries < mostTries) log.warn(line, 'job failed and will be retried');
    else log.error(line, 'job failed on its last try');
  }
}
