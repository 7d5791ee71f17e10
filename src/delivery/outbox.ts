// The outbox. A message is written in the transaction of the step that causes it, so a failed step sends nothing and a
// committed step loses nothing. The message is encrypted while it waits, and erased when it is delivered or expires. A
// message that was permanently refused or failed its last try stays until it expires: see dead-letters.ts.
//
// Delivery is at least once: if the server dies after the provider has accepted a message and before that is recorded,
// the message is sent again, with the same id.
import { type Expression, sql as raw } from 'kysely';
import type { DeliveryStatus } from '../persistence/entities/outbox-message.ts';
import type { Sql } from '../persistence/orm.ts';
import { statement } from '../persistence/statement.ts';
import type { UnitOfWork } from '../persistence/unit-of-work.ts';
import type { KeyRing } from '../platform/key-ring.ts';
import type { Log } from '../platform/log.ts';
import { randomId } from '../platform/random.ts';
import { open, seal } from '../platform/seal.ts';
import { eraseExpired } from './erase-expired.ts';
import type { GeoIp } from './geoip.ts';
import { deliverJob } from './job.ts';
import {
  type Channel,
  DeliveryError,
  type HandOver,
  type Message,
  type Receipt,
  type Transports,
} from './message.ts';

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
  /** The message expired before delivery. Sending a code that is no longer valid would only confuse. */
  | { readonly outcome: 'expired' }
  /** The message was already sent, was a decoy or has been deleted. */
  | { readonly outcome: 'gone' }
  /** The provider will never accept the message. */
  | { readonly outcome: 'refused'; readonly reason: string }
  /** The provider wants the message later. */
  | { readonly outcome: 'postponed'; readonly retryAfterSeconds: number };

export interface OutboxParts {
  readonly ring: KeyRing;
  readonly transports: Transports;
  readonly geoip: GeoIp;
  readonly log: Log;
}

/** What a provider reports about a message that it accepted. */
export interface StatusReport {
  readonly messageId: string;
  readonly providerId: string | null;
  readonly status: DeliveryStatus;
  readonly errorCode: number | null;
}

/** The statuses that each status may replace. A status never goes backwards, even if reports arrive out of order. */
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
  /** For messages that say where a request came from. */
  readonly geoip: GeoIp;

  constructor({ ring, transports, geoip, log }: OutboxParts) {
    this.#ring = ring;
    this.#transports = transports;
    this.#log = log;
    this.geoip = geoip;
  }

  /**
   * Adds a message to a step. A decoy also becomes a row and a job, marked as sent, so that the step does the same work.
   * @returns the id of the message.
   */
  add(unitOfWork: UnitOfWork, { isDecoy, ...message }: Message, now: Date, expiresAt: Date): string {
    const id = randomId();
    const { channel } = message;
    unitOfWork.insert('outbox_message', {
      id,
      channel,
      sealed: seal(this.#ring, placeOf(id), JSON.stringify(message)),
      created_at: now,
      expires_at: expiresAt,
      sent_at: isDecoy === true ? now : null,
    });
    if (this.#transports[channel] !== undefined) unitOfWork.call(QUEUE({ id }));
    else {
      // Logged for decoys as well, so that the log does not reveal who has an account.
      unitOfWork.afterCommit(() =>
        this.#log.info(
          { messageId: id, channel },
          'no transport is configured; the message is in the development inbox',
        ),
      );
    }
    return id;
  }

  /** Withdraws a message that is no longer true, unless it was already sent. @param id a query for its id. */
  withdraw(unitOfWork: UnitOfWork, id: (sql: Sql) => Expression<string | null>, now: Date): void {
    unitOfWork.write((sql) =>
      sql
        .updateTable('outbox_message')
        .set({ sealed: null, expires_at: now })
        .where('id', '=', id(sql))
        .where('sent_at', 'is', null),
    );
  }

  /** Delivers one message. @throws {DeliveryError} if delivery failed and should be retried. */
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
      await eraseExpired(sql, now);
      return { outcome: 'expired' };
    }
    try {
      const receipt = await this.#handOver(row.channel, this.#read(id, row.sealed), { id, signal });
      await noteSent(sql, id, receipt, now);
      return { outcome: 'sent' };
    } catch (error) {
      if (!(error instanceof DeliveryError)) throw error;
      const { retryAfterSeconds } = error;
      if (retryAfterSeconds !== null) {
        await sql.selectNoFrom(deliverJob(raw.val(id), retryAfterSeconds).as('job')).execute();
        return { outcome: 'postponed', retryAfterSeconds };
      }
      if (!error.isFinal) throw error;
      await this.giveUp(sql, id, error, now);
      return { outcome: 'refused', reason: error.message };
    }
  }

  /** Marks a message as failed after its last try. It stays, so that an operator can see why and replay it. */
  async giveUp(sql: Sql, id: string, error: unknown, now: Date): Promise<void> {
    // Only a `DeliveryError` is certain to reveal nothing about the message.
    const failure = error instanceof DeliveryError ? error.message : 'Unexpected error. See the log.';
    await sql
      .updateTable('outbox_message')
      .set({ failed_at: now, failure })
      .where('id', '=', id)
      .where('sent_at', 'is', null)
      .execute();
  }

  /** Records a provider's report. It implies that the provider accepted the message, even if that was not recorded. */
  async noteStatus(
    sql: Sql,
    { messageId, providerId, status, errorCode }: StatusReport,
    now: Date,
  ): Promise<void> {
    const hasFailed = status === 'undelivered' || status === 'failed';
    const failure = `The provider reported ${status}${errorCode === null ? '' : `, code ${errorCode}`}.`;
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
      this.#log.warn({ messageId, status, errorCode }, 'the provider did not deliver a message');
  }

  /** The development inbox: messages on channels without a transport, newest first. */
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
    // The transport was removed after the message was written. The message waits until there is one again.
    if (transport === undefined)
      throw new DeliveryError(`No transport for ${channel} is configured.`, { isFinal: false });
    return transport.send(message, handOver);
  }

  #read(id: string, sealed: string): Message {
    return JSON.parse(open(this.#ring, placeOf(id), sealed)) as Message;
  }
}

/** Records that a message was sent. The provider's report may have arrived first, so its status is kept. */
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

const QUEUE = statement((sql, { id }: { id: string }) => sql.selectNoFrom(deliverJob(raw.val(id)).as('job')));

function placeOf(id: string): string {
  return `outbox_message:${id}`;
}
