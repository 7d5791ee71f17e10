// The worker beside the server: hands the outbox's messages over, and clears away what has expired. The queue is
// graphile-worker's, in the same database, so that a job is committed with what caused it.
import { Logger, type Runner, run } from 'graphile-worker';
import { clearAway } from '../persistence/clear-away.ts';
import { type Orm, sqlOf } from '../persistence/orm.ts';
import type { Clock } from '../platform/clock.ts';
import type { Log } from '../platform/log.ts';
import { DELIVER_TASK, type Outbox } from './outbox.ts';

const CLEAR_AWAY_TASK = 'clear-away';

export interface WorkerParts {
  readonly databaseUrl: string;
  readonly orm: Orm;
  readonly outbox: Outbox;
  readonly clock: Clock;
  readonly log: Log;
}

export async function startWorker({ databaseUrl, orm, outbox, clock, log }: WorkerParts): Promise<Runner> {
  return run({
    connectionString: databaseUrl,
    concurrency: 4,
    noHandleSignals: true, // the server stops it, after the last request
    crontab: `*/10 * * * * ${CLEAR_AWAY_TASK}`,
    taskList: {
      async [DELIVER_TASK](payload) {
        const { id } = payload as { id: string };
        const outcome = await outbox.deliver(sqlOf(orm.em.fork()), id, clock.now());
        log.info({ messageId: id, outcome }, 'message');
      },
      async [CLEAR_AWAY_TASK]() {
        const cleared = await clearAway(sqlOf(orm.em.fork()), clock.now());
        log.info(cleared, 'cleared away');
      },
    },
    logger: new Logger(() => (level, message) => {
      // Its messages name tasks and job ids; a failing task's error is in them too, and ours hold no secret.
      if (level === 'error') log.error({ worker: message }, 'worker');
      else log.debug({ worker: message }, 'worker');
    }),
  });
}
