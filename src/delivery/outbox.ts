// The outbox: a message is written in the transaction of the step that causes it, so a step that fails sends
// nothing and a step that commits loses nothing. It is sealed while it waits and erased when it was handed over.
import { sql as raw } from 'kysely';
import { type Sql } from '../persistence/orm.ts';
import type { Settlement } from '../persistence/settlement.ts';
import type { KeyRing } from '../platform/key-ring.ts';
import { randomId } from '../platform/random.ts';
import { open, seal } from '../platform/seal.ts';
import type { Channel, Message, Transports } from './message.ts';

export const DELIVER_TASK = 'deliver';
const MOST_TRIES = 8;

export interface InboxMessage {
  readonly id: string;
  readonly channel: Channel;
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  /** ISO 8601. */
  readonly sentAt: string;
}

export class Outbox {
  readonly #ring: KeyRing;
  readonly #transports: Transports;

  constructor(ring: KeyRing, transports: Transports) {
    this.#ring = ring;
    this.#transports = transports;
  }

  /**
   * Adds a message to a step. Null stands for the message of a decoy: a row like any other, already done with, so
   * that the step does the same work.
   */
  add(settlement: Settlement, message: Message | null, now: Date, expiresAt: Date): void {
    const id = randomId();
    settlement.insert('outbox_message', {
      id,
      channel: message?.channel ?? 'email',
      sealed: message === null ? null : seal(this.#ring, placeOf(id), JSON.stringify(message)),
      created_at: now,
      expires_at: expiresAt,
      sent_at: message === null ? now : null,
    });
    if (message === null || this.#transports[message.channel] === undefined) return;
    settlement.call(raw`graphile_worker.add_job(
      ${DELIVER_TASK}, json_build_object('id', cast(${id} as text)), job_key => ${id}, max_attempts => ${raw.lit(MOST_TRIES)}
    )`);
  }

  /** Hands one message over. Does nothing for one that is sent, expired or gone. */
  async deliver(sql: Sql, id: string, now: Date): Promise<'sent' | 'skipped'> {
    const row = await sql
      .selectFrom('outbox_message')
      .selectAll()
      .where('id', '=', id)
      .where('sent_at', 'is', null)
      .executeTakeFirst();
    if (row === undefined || row.sealed === null) return 'skipped';
    const isExpired = row.expires_at <= now;
    if (!isExpired) await this.#transports[row.channel]?.send(this.#read(id, row.sealed));
    await sql
      .updateTable('outbox_message')
      .set({ sealed: null, sent_at: isExpired ? null : now })
      .where('id', '=', id)
      .execute();
    return isExpired ? 'skipped' : 'sent';
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
    return rows.flatMap(({ id, sealed, created_at }) =>
      sealed === null ? [] : [{ id, ...this.#read(id, sealed), sentAt: created_at.toISOString() }],
    );
  }

  #read(id: string, sealed: string): Message {
    return JSON.parse(open(this.#ring, placeOf(id), sealed)) as Message;
  }
}

function placeOf(id: string): string {
  return `outbox_message:${id}`;
}
