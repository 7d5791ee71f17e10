// The outbox: a message is written in the transaction of the step that causes it, so a step that fails sends
// nothing and a step that commits loses nothing. It is sealed while it waits and erased when it was handed over.
//
// Handing over happens at least once: a server that dies between the other side's answer and our note of it sends
// the message again.
import { sql as raw } from 'kysely';
import type { Sql } from '../persistence/orm.ts';
import type { Settlement } from '../persistence/settlement.ts';
import type { KeyRing } from '../platform/key-ring.ts';
import { randomId } from '../platform/random.ts';
import { open, seal } from '../platform/seal.ts';
import { type Channel, DeliveryError, type Message, type Transport, type Transports } from './message.ts';

export const DELIVER_TASK = 'deliver';

/**
 * More than fit into the life of any message: the queue waits e, e², e³ … seconds between its tries, from the tenth
 * on six hours, so a message's own expiry ends them and not their number.
 */
const MOST_TRIES = 25;

export interface InboxMessage {
  readonly id: string;
  readonly channel: Channel;
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  /** ISO 8601. */
  readonly sentAt: string;
}

export type Delivery =
  | { readonly outcome: 'sent' }
  /** It came too late: a code that is no longer valid would only confuse. */
  | { readonly outcome: 'expired' }
  /** It was sent before, was a decoy's, or has been cleared away. */
  | { readonly outcome: 'gone' }
  /** The other side will never take it. */
  | { readonly outcome: 'refused'; readonly reason: string };

export class Outbox {
  readonly #ring: KeyRing;
  readonly #transports: Transports;

  constructor(ring: KeyRing, transports: Transports) {
    this.#ring = ring;
    this.#transports = transports;
  }

  /**
   * Adds a message to a step. Null stands for the message of a decoy: a row and a job like any other, already done
   * with, so that the step does the same work.
   */
  add(settlement: Settlement, message: Message | null, now: Date, expiresAt: Date): void {
    const id = randomId();
    const channel = message?.channel ?? 'email';
    settlement.insert('outbox_message', {
      id,
      channel,
      sealed: message === null ? null : seal(this.#ring, placeOf(id), JSON.stringify(message)),
      created_at: now,
      expires_at: expiresAt,
      sent_at: message === null ? now : null,
    });
    if (this.#transports[channel] === undefined) return;
    settlement.call(raw`graphile_worker.add_job(
      ${DELIVER_TASK}, json_build_object('id', cast(${id} as text)), job_key => ${id}, max_attempts => ${raw.lit(MOST_TRIES)}
    )`);
  }

  /** Hands one message over. @throws {DeliveryError} when that failed and should be tried again. */
  async deliver(sql: Sql, id: string, now: Date, signal: AbortSignal): Promise<Delivery> {
    const row = await sql
      .selectFrom('outbox_message')
      .selectAll()
      .where('id', '=', id)
      .where('sent_at', 'is', null)
      .executeTakeFirst();
    if (row === undefined || row.sealed === null) return { outcome: 'gone' };
    const delivery: Delivery =
      row.expires_at <= now
        ? { outcome: 'expired' }
        : await handOver(this.#read(id, row.sealed), this.#transports[row.channel], signal);
    await sql
      .updateTable('outbox_message')
      .set({ sealed: null, sent_at: delivery.outcome === 'sent' ? now : null })
      .where('id', '=', id)
      .execute();
    return delivery;
  }

  /** What the development inbox shows: the messages that no transport takes, the newest first. */
  async inbox(sql: Sql): Promise<InboxMessage[]> {
    const rows = await sql
      .selectFrom('outbox_message')
      .selectAll()
      .where('sealed', 'is not', null)
      .orderBy('created_at', 'desc')
      .limit(200)
      .execute();
    return rows.flatMap(({ id, channel, sealed, created_at }) =>
      sealed === null || this.#transports[channel] !== undefined
        ? []
        : [{ id, ...this.#read(id, sealed), sentAt: created_at.toISOString() }],
    );
  }

  #read(id: string, sealed: string): Message {
    return JSON.parse(open(this.#ring, placeOf(id), sealed)) as Message;
  }
}

async function handOver(
  message: Message,
  transport: Transport | undefined,
  signal: AbortSignal,
): Promise<Delivery> {
  try {
    // Written when there was a transport for it: it waits until there is one again.
    if (transport === undefined) {
      throw new DeliveryError(`No transport for ${message.channel} is configured.`, { isFinal: false });
    }
    await transport.send(message, signal);
    return { outcome: 'sent' };
  } catch (error) {
    if (error instanceof DeliveryError && error.isFinal) return { outcome: 'refused', reason: error.message };
    throw error;
  }
}

function placeOf(id: string): string {
  return `outbox_message:${id}`;
}
