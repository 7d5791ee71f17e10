// Records refusals in the audit log. To keep a flood from filling it, refusals are counted in memory and written once a
// minute and at shutdown, as one event per account and kind. A process that is killed loses the last minute.
import type { Clock } from '../platform/clock.ts';
import type { Log } from '../platform/log.ts';
import { type AuditActor, type AuditEntry, auditRow } from './audit.ts';
import { insertMany } from './insert-many.ts';
import { type Orm, sqlOf } from './orm.ts';

const WRITE_MS = 60_000;
/** The maximum number of events per write. Further ones are counted per tenant only. */
const MOST_EVENTS = 1000;

interface Tally {
  readonly entry: AuditEntry;
  actor: AuditActor;
  count: number;
}

export class RefusalTally implements AsyncDisposable {
  readonly #orm: Orm;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #timer: NodeJS.Timeout;
  #tallies = new Map<string, Tally>();

  constructor(orm: Orm, clock: Clock, log: Log) {
    this.#orm = orm;
    this.#clock = clock;
    this.#log = log;
    this.#timer = setInterval(() => void this.#write(), WRITE_MS).unref();
  }

  /** Counts a refusal. Never fails or waits. */
  add(entry: AuditEntry, actor: AuditActor): void {
    const tally = this.#tallyOf(entry, actor);
    tally.count += 1;
    // Several clients have no common address or program.
    if (tally.actor.ip !== actor.ip) tally.actor = { ...tally.actor, ip: null };
    if (tally.actor.userAgent !== actor.userAgent) tally.actor = { ...tally.actor, userAgent: null };
  }

  #tallyOf(entry: AuditEntry, actor: AuditActor): Tally {
    const key = JSON.stringify([entry, actor.kind, actor.sessionId]);
    const known = this.#tallies.get(key);
    if (known !== undefined) return known;
    if (this.#tallies.size >= MOST_EVENTS && (entry.userId !== null || entry.factor != null)) {
      const { type, tenantId } = entry;
      return this.#tallyOf({ type, tenantId, userId: null, sessionId: null }, { ...actor, ...NOBODY });
    }
    const tally = { entry, actor, count: 0 };
    this.#tallies.set(key, tally);
    return tally;
  }

  async #write(): Promise<void> {
    const tallies = [...this.#tallies.values()];
    if (tallies.length === 0) return;
    this.#tallies = new Map();
    const now = this.#clock.now();
    const rows = tallies.map(({ entry, actor, count }) => ({ ...auditRow(entry, actor, now), count }));
    try {
      await insertMany(sqlOf(this.#orm.em.fork()), 'audit_event', rows);
    } catch (error) {
      this.#log.error({ err: error, events: rows.length }, 'could not write refusals to the audit log');
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await this.#write();
  }
}

const NOBODY = { kind: 'ANONYMOUS', userId: null, sessionId: null } as const;
