// Wakes the clients that wait for a workflow, on all nodes, when it was changed by someone else than its holder: one
// LISTEN connection for each node, which is open only while somebody waits. A wake-up says which workflow to read again
// and nothing more. It may be lost, for example behind a pooler that does not support LISTEN, so whoever waits also reads
// from time to time.
//
// Each NOTIFY is a statement of its own, after the commit of the change. Inside the transaction, it would hold a lock of
// the whole server until the commit is on disk.
import { setTimeout as pause } from 'node:timers/promises';
import type pg from 'pg';
import type { Log } from '../platform/log.ts';
import { openClient } from './connection.ts';

const CHANNEL = 'stepgate_workflow';
/** PostgreSQL limits a payload to 8,000 bytes. An id has 43. */
const MOST_IDS = 150;
const RECONNECT_MS = 1000;
/** The connection stays open for this long after the last client has gone, because the next one often comes soon. */
const LINGER_MS = 60_000;

export class WorkflowChanges {
  readonly #databaseUrl: string;
  readonly #pool: pg.Pool;
  readonly #log: Log;
  readonly #wakes = new Map<string, Set<() => void>>();
  readonly #changed = new Set<string>();
  #sending: Promise<void> | null = null;
  #listening: Promise<void> | null = null;
  #connection: pg.Client | null = null;
  #lingering: NodeJS.Timeout | null = null;
  readonly #closing = new AbortController();

  constructor(databaseUrl: string, pool: pg.Pool, log: Log) {
    this.#databaseUrl = databaseUrl;
    this.#pool = pool;
    this.#log = log;
  }

  /**
   * Wakes the clients that wait for this workflow. Call it after the commit. It returns at once, and a wake-up that could
   * not be sent is not an error.
   * @param id the stored id: the digest of the one that the holder has.
   */
  workflowChanged(id: string): void {
    this.#changed.add(id);
    this.#sending ??= this.#send().finally(() => (this.#sending = null));
  }

  /** Calls `wake` whenever the workflow may have changed, until the returned function is called. */
  watch(id: string, wake: () => void): () => void {
    const wakes = this.#wakes.get(id) ?? new Set();
    this.#wakes.set(id, wakes.add(wake));
    if (this.#lingering !== null) clearTimeout(this.#lingering);
    this.#lingering = null;
    this.#listening ??= this.#listen().finally(() => (this.#listening = null));
    return () => {
      wakes.delete(wake);
      if (wakes.size === 0 && this.#wakes.get(id) === wakes) this.#wakes.delete(id);
      if (this.#wakes.size > 0) return;
      this.#lingering ??= setTimeout(() => void this.#connection?.end(), LINGER_MS).unref();
    };
  }

  async close(): Promise<void> {
    this.#closing.abort();
    if (this.#lingering !== null) clearTimeout(this.#lingering);
    await this.#sending;
    await this.#connection?.end().catch(() => {});
    await this.#listening;
  }

  /** One statement is under way at a time. What changes meanwhile goes into the next one. */
  async #send(): Promise<void> {
    while (this.#changed.size > 0) {
      const ids = [...this.#changed].slice(0, MOST_IDS);
      for (const id of ids) this.#changed.delete(id);
      try {
        await this.#pool.query('select pg_notify($1, $2)', [CHANNEL, ids.join(' ')]);
      } catch (error) {
        this.#log.warn({ err: error }, 'could not wake waiting clients, which will read again by themselves');
      }
    }
  }

  /** Runs while somebody waits. */
  async #listen(): Promise<void> {
    const { signal } = this.#closing;
    while (this.#wakes.size > 0 && !signal.aborted) {
      try {
        await this.#listenOnce();
      } catch (error) {
        this.#log.warn({ err: error }, 'could not listen for changed workflows');
      }
      if (this.#wakes.size > 0) await pause(RECONNECT_MS, null, { signal }).catch(() => {});
    }
  }

  /** Returns when the connection has ended. */
  async #listenOnce(): Promise<void> {
    const client = await openClient(this.#databaseUrl, 'listener');
    const ended = new Promise((resolve) => client.once('end', resolve));
    this.#connection = client;
    try {
      if (this.#closing.signal.aborted) return;
      client.on('notification', ({ payload = '' }) => {
        for (const id of payload.split(' ')) this.#wake(this.#wakes.get(id));
      });
      await client.query(`listen ${CHANNEL}`);
      // Nobody has heard what changed before.
      for (const wakes of this.#wakes.values()) this.#wake(wakes);
      await ended;
    } finally {
      this.#connection = null;
      await client.end().catch(() => {});
    }
  }

  #wake(wakes: ReadonlySet<() => void> = new Set()): void {
    for (const wake of wakes) wake();
  }
}
