// The worker beside the server: hands the outbox's messages over, and clears away what has expired. The queue is
// graphile-worker's, in the same database, so that a job is committed with what caused it.
//
// An operator sees in the log: each delivery, each failed try (warn), each message that the other side refused for
// good (warn), and each job that has failed its last try (error). What was refused or given up is listed by
// `npm run outbox -- list`, and can be tried again until it expires.
import { setTimeout as pause } from 'node:timers/promises';
import { type Job, Logger, type LogLevel, type Runner, run } from 'graphile-worker';
import type { Pool } from 'pg';
import { clearAway } from '../persistence/clear-away.ts';
import { FOR_REQUESTS, openPool } from '../persistence/connection.ts';
import { type Orm, sqlOf } from '../persistence/orm.ts';
import type { Clock } from '../platform/clock.ts';
import type { Log } from '../platform/log.ts';
import { forgetDeadJobs, freeAbandonedJobs } from './abandoned-jobs.ts';
import { DELIVER_TASK, type Outbox } from './outbox.ts';

const CLEAR_AWAY_TASK = 'clear-away';
const FREE_TASK = 'free-abandoned-jobs';
const ERASE_TASK = 'erase-expired-messages';

/** However slowly the other side answers, byte by byte. */
const DELIVERY_MS = 60_000;
/** How long a message that is being handed over when the server stops may still take. Then it waits for the next. */
const STOP_MS = 2000;
/** A run ends then, and the next one goes on: well before it would count as abandoned. */
const CLEAR_AWAY_MS = 60_000;
/** From the end of a queue that stopped itself to the next one. */
const RESTART_MS = 1000;

export interface WorkerParts {
  readonly databaseUrl: string;
  readonly orm: Orm;
  readonly outbox: Outbox;
  readonly clock: Clock;
  readonly log: Log;
  /** How long events of the audit log are kept; for ever when it is left out. */
  readonly auditSeconds?: number;
}

export interface Worker {
  /** Takes no new jobs, and gives back those that it cannot finish soon. */
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

/** The queue stops itself when it cannot note the end of a job. It is begun again until the server stops. */
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
      parts.log.error({ err: error }, 'the queue has ended');
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

function runQueue({ orm, outbox, clock, log, auditSeconds }: WorkerParts, pool: Pool): Promise<Runner> {
  return run({
    pgPool: pool,
    preset: {
      worker: {
        concurrentJobs: 4,
        gracefulShutdownAbortTimeout: STOP_MS,
        // Only batches are waited for at the end; a job that nobody noted as failed would be locked for hours.
        completeJobBatchDelay: 0,
        failJobBatchDelay: 0,
        logger: new Logger(() => (level, message, meta) => logOfQueue(log, level, message, meta)),
      },
    },
    noHandleSignals: true, // the server stops it, after the last request
    crontab: `* * * * * ${FREE_TASK}\n* * * * * ${ERASE_TASK}\n*/10 * * * * ${CLEAR_AWAY_TASK}`,
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
        const sql = sqlOf(orm.em.fork());
        const signal = AbortSignal.any([abortSignal, AbortSignal.timeout(CLEAR_AWAY_MS)]);
        const cleared = await clearAway(sql, clock.now(), signal, auditSeconds);
        log.info({ ...cleared, deadJobs: await forgetDeadJobs(sql) }, 'cleared away');
      },
      async [ERASE_TASK]() {
        const erased = await outbox.eraseExpired(sqlOf(orm.em.fork()), clock.now());
        if (erased > 0) log.info({ erased }, 'expired messages erased');
      },
      async [FREE_TASK]() {
        const freed = await freeAbandonedJobs(sqlOf(orm.em.fork()));
        if (freed > 0) log.warn({ freed }, 'jobs of a worker that died are done again');
      },
    },
  });
}

/** The queue's own lines name tasks and job ids. A failed job's error is one of ours, and holds no secret. */
function logOfQueue(log: Log, level: LogLevel, message: string, meta: object | undefined): void {
  const { job, error } = (meta ?? {}) as { job?: Job; error?: unknown };
  if (level !== 'error' && level !== 'warning') log.debug({ queue: message }, 'queue');
  else if (job === undefined) log[level === 'error' ? 'error' : 'warn']({ queue: message }, 'queue');
  else {
    const { id, task_identifier: task, attempts: tries, max_attempts: mostTries, payload } = job;
    const line = { jobId: id, task, payload, tries, mostTries, err: error };
    if (tries < mostTries) log.warn(line, 'job failed, to be tried again');
    else log.error(line, 'job failed for the last time');
  }
}
