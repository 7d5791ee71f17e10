// The outbox: a message is written in the transaction of the step that causes it, so a step that fails sends
// nothing and a step that commits loses nothing. It is sealed while it waits and erased when it was handed over, or
// when it has expired. One that was refused for good, or has failed its last try, stays until then: see dead-letters.ts.
//
// Handing over happens at least once: a server that dies between the other side's answer and our note of it sends
// the message again, under the same id.
import { type Expression, type RawBuilder, sql as raw } from 'kysely';
import type { DeliveryStatus } from '../persistence/entities/outbox-message.ts';
import type { Sql } from '../persistence/orm.ts';
import type { Settlement } from '../persistence/settlement.ts';
import type { KeyRing } from '../platform/key-ring.ts';
import type { Log } from '../platform/log.ts';
import { randomId } from '../platform/random.ts';
import { open, seal } from '../platform/seal.ts';
import {
  type Channel,
  DeliveryError,
  type HandOver,
  type Message,
  type Receipt,
  type Transports,
} from './message.ts';
import type { Places } from './places.ts';

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

export interface OutboxParts {
  readonly ring: KeyRing;
  readonly transports: Transports;
  readonly places: Places;
  readonly log: Log;
}

/** What a provider says of a message after it has taken it. */
export interface StatusReport {
  readonly messageId: string;
  readonly providerId: string | null;
  readonly status: DeliveryStatus;
  readonly errorCode: number | null;
}

/** A status never goes backwards, in whichever order the reports arrive. */
const EARLIER: Readonly<Record<DeliveryStatus, readonly DeliveryStatus[]>> = {
  queued: [],
  sent: ['queued'],
  delivered: ['queued', 'sent'],
  undelivered: ['queued', 'sent'],
  failed: ['queued', 'sent'],
};

export class Outbox {
  readonly #ring: KeyRing;
  readonly #transports: Transports;
  readonly #log: Log;
  /** For messages that say where something came from. */
  readonly places: Places;

  constructor({ ring, transports, places, log }: OutboxParts) {
    this.#ring = ring;
    this.#transports = transports;
    this.#log = log;
    this.places = places;
  }

  /**
   * Adds a message to a step. A decoy becomes a row and a job like any other, already done with, so that the step does
   * the same work.
   * @returns its id.
   */
  add(settlement: Settlement, { isDecoy, ...message }: Message, now: Date, expiresAt: Date): string {
    const id = randomId();
    const { channel } = message;
    settlement.insert('outbox_message', {
      id,
      channel,
      sealed: seal(this.#ring, placeOf(id), JSON.stringify(message)),
      created_at: now,
      expires_at: expiresAt,
      sent_at: isDecoy === true ? now : null,
    });
    if (this.#transports[channel] !== undefined) settlement.call(deliverJob(raw.val(id)));
    else {
      // A decoy's too: the log must not tell who exists.
      settlement.afterCommit(() =>
        this.#log.info({ messageId: id, channel }, 'no transport: see the development inbox'),
      );
    }
    return id;
  }

  /** A message that says nothing true any more is not handed over, unless it was. @param id a query for it. */
  withdraw(settlement: Settlement, id: (sql: Sql) => Expression<string | null>, now: Date): void {
    settlement.write((sql) =>
      sql
        .updateTable('outbox_message')
        .set({ sealed: null, expires_at: now })
        .where('id', '=', id(sql))
        .where('sent_at', 'is', null),
    );
  }

  /** Hands one message over. @throws {DeliveryError} when that failed and should be tried again. */
  async deliver(sql: Sql, id: string, now: Date, signal: AbortSignal): Promise<Delivery> {
    const row = await sql
      .selectFrom('outbox_message')
      .selectAll()
      .where('id', '=', id)
      .where('sent_at', 'is', null)
      .where('failed_at', 'is', null)
      .executeTakeFirst();
    if (row === undefined || row.sealed === null) return { outcome: 'gone' };
    if (row.expires_at <= now) {
      await this.eraseExpired(sql, now);
      return { outcome: 'expired' };
    }
    try {
      const receipt = await this.#handOver(row.channel, this.#read(id, row.sealed), { id, signal });
      await noteSent(sql, id, receipt, now);
      return { outcome: 'sent' };
    } catch (error) {
      if (!(error instanceof DeliveryError && error.isFinal)) throw error;
      await this.giveUp(sql, id, error, now);
      return { outcome: 'refused', reason: error.message };
    }
  }

  /** The last try has failed. The message stays, for an operator to see why and to have it tried again. */
  async giveUp(sql: Sql, id: string, error: unknown, now: Date): Promise<void> {
    // Only a `DeliveryError` says nothing of the message; of any other error its kind has to do.
    const failure = error instanceof DeliveryError ? error.message : 'An unexpected error: see the log.';
    await sql
      .updateTable('outbox_message')
      .set({ failed_at: now, failure })
      .where('id', '=', id)
      .where('sent_at', 'is', null)
      .execute();
  }

  /** Nobody needs the text of a message that has expired. @returns how many there were. */
  async eraseExpired(sql: Sql, now: Date): Promise<number> {
    const { numUpdatedRows } = await sql
      .updateTable('outbox_message')
      .set({ sealed: null })
      .where('expires_at', '<=', now)
      .where('sealed', 'is not', null)
      .executeTakeFirst();
    return Number(numUpdatedRows);
  }

  /** Whoever reports on a message has taken it, even if we have not noted that. */
  async noteStatus(
    sql: Sql,
    { messageId, providerId, status, errorCode }: StatusReport,
    now: Date,
  ): Promise<void> {
    const hasFailed = status === 'undelivered' || status === 'failed';
    const failure = `Reported as ${status}${errorCode === null ? '' : `, code ${errorCode}`}.`;
    const { numUpdatedRows } = await sql
      .updateTable('outbox_message')
      .set((it) => ({
        sealed: null,
        sent_at: it.fn.coalesce('sent_at', raw.val(now)),
        provider_id: providerId,
        delivery_status: status,
        ...(hasFailed ? { failed_at: now, failure } : {}),
      }))
      .where('id', '=', messageId)
      .where((it) =>
        it.or([
          it('delivery_status', 'is', null),
          ...EARLIER[status].map((earlier) => it('delivery_status', '=', earlier)),
        ]),
      )
      .executeTakeFirst();
    if (hasFailed && numUpdatedRows > 0n)
      this.#log.warn({ messageId, status, errorCode }, 'a message was not delivered');
  }

  /** What the development inbox shows: the messages that no transport takes, the newest first. */
  async inbox(sql: Sql, now: Date): Promise<InboxMessage[]> {
    const rows = await sql
      .selectFrom('outbox_message')
      .selectAll()
      .where('sealed', 'is not', null)
      .where('sent_at', 'is', null)
      .where('expires_at', '>', now)
      .orderBy('created_at', 'desc')
      .limit(200)
      .execute();
    return rows.flatMap(({ id, channel, sealed, created_at }) => {
      if (sealed === null || this.#transports[channel] !== undefined) return [];
      const { to, subject, text } = this.#read(id, sealed);
      return [{ id, channel, to, subject, text, sentAt: created_at.toISOString() }];
    });
  }

  async #handOver(channel: Channel, message: Message, handOver: HandOver): Promise<Receipt> {
    const transport = this.#transports[channel];
    // Written when there was a transport for it: it waits until there is one again.
    if (transport === undefined)
      throw new DeliveryError(`No transport for ${channel} is configured.`, { isFinal: false });
    return transport.send(message, handOver);
  }

  #read(id: string, sealed: string): Message {
    return JSON.parse(open(this.#ring, placeOf(id), sealed)) as Message;
  }
}

/** A call that queues the delivery of a message; one that was queued before starts anew. */
export function deliverJob(id: RawBuilder<unknown>): RawBuilder<unknown> {
  return raw`graphile_worker.add_job(
    ${DELIVER_TASK}, json_build_object('id', cast(${id} as text)),
    job_key => cast(${id} as text), max_attempts => ${raw.lit(MOST_TRIES)}
  )`;
}

/** A provider's report may have come before its answer. */
async function noteSent(sql: Sql, id: string, { providerId, status }: Receipt, now: Date): Promise<void> {
  await sql
    .updateTable('outbox_message')
    .set((it) => ({
      sealed: null,
      sent_at: now,
      provider_id: providerId,
      delivery_status: it.fn.coalesce('delivery_status', raw.val(status)),
    }))
    .where('id', '=', id)
    .execute();
}

function placeOf(id: string): string {
  return `outbox_message:${id}`;
}
