// Refusals in the audit log. A flood of them must not fill it, so they are counted in memory and written down once a
// minute and at the end: one event for each account and kind of refusal, with how many there were. A process that is
// killed loses the last minute's.
import type { Clock } from '../platform/clock.ts';
import type { Log } from '../platform/log.ts';
import { type AuditActor, type AuditEntry, auditRow } from './audit.ts';
import { insertMany } from './insert-many.ts';
import { type Orm, sqlOf } from './orm.ts';

const WRITE_MS = 60_000;
/** So many events in one write. What is beyond them is counted for its tenant alone. */
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

  /** Counts one more. Never fails, and never waits. */
  add(entry: AuditEntry, actor: AuditActor): void {
    const tally = this.#tallyOf(entry, actor);
    tally.count += 1;
    // Several clients are nobody in particular.
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
      this.#log.error({ err: error, events: rows.length }, 'refusals could not be written to the audit log');
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await this.#write();
  }
}

const NOBODY = { kind: 'ANONYMOUS', userId: null, sessionId: null } as const;
