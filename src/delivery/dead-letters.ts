// What operators can see of the outbox and retry. It shows no recipient and no text, and needs no key.
import { sql as raw } from 'kysely';
import type { Sql } from '../persistence/orm.ts';
import { deliverJob } from './job.ts';
import type { Channel } from './message.ts';

export type MessageState =
  /** Waiting for delivery, or in the development inbox. */
  | 'waiting'
  /** Permanently refused, or given up after the last try. It can be replayed. */
  | 'failed'
  /** Accepted by the provider but not delivered. Its text is erased, so it cannot be replayed. */
  | 'undelivered'
  /** Not delivered before it expired. */
  | 'expired'
  | 'sent';

export interface DeadMessage {
  readonly id: string;
  readonly channel: Channel;
  readonly createdAt: Date;
  readonly state: MessageState;
  readonly failure: string | null;
  /** The latest status that the provider reported. */
  readonly status: string | null;
}

interface Row {
  readonly sent_at: Date | null;
  readonly failed_at: Date | null;
  readonly expires_at: Date;
}

/** Only the newest are listed. */
const MOST_LETTERS = 1000;

/** @param isEvery whether to include messages that were sent. */
export async function listDeadMessages(sql: Sql, now: Date, isEvery: boolean): Promise<DeadMessage[]> {
  const rows = await sql
    .selectFrom('outbox_message')
    .select([
      'id',
      'channel',
      'created_at',
      'expires_at',
      'sent_at',
      'failed_at',
      'failure',
      'delivery_status',
    ])
    .where((it) =>
      isEvery ? it.lit(true) : it.or([it('sent_at', 'is', null), it('failed_at', 'is not', null)]),
    )
    .orderBy('created_at', 'desc')
    .limit(MOST_LETTERS)
    .execute();
  return rows.map((row) => ({
    id: row.id,
    channel: row.channel,
    createdAt: row.created_at,
    state: stateOf(row, now),
    failure: row.failure,
    status: row.delivery_status,
  }));
}

/** @returns the state, or null if the message does not exist. */
export async function stateOfMessage(sql: Sql, id: string, now: Date): Promise<MessageState | null> {
  const row = await sql
    .selectFrom('outbox_message')
    .select(['sent_at', 'failed_at', 'expires_at'])
    .where('id', '=', id)
    .executeTakeFirst();
  return row === undefined ? null : stateOf(row, now);
}

/** Queues failed messages again. @param id of one message, or null for all. @returns the ids of the queued messages. */
export async function replay(sql: Sql, id: string | null, now: Date): Promise<string[]> {
  const replayed = await sql
    .with('replayed', (db) =>
      db
        .updateTable('outbox_message')
        .set({ failed_at: null, failure: null })
        .where((it) => (id === null ? it.lit(true) : it('id', '=', id)))
        .where('sent_at', 'is', null)
        .where('failed_at', 'is not', null)
        .where('sealed', 'is not', null)
        .where('expires_at', '>', now)
        .returning('id'),
    )
    .selectFrom('replayed')
    .select(['id', raw`(${deliverJob(raw.ref('replayed.id'))})`.as('job')])
    .execute();
  return replayed.map((one) => one.id);
}

function stateOf({ sent_at, failed_at, expires_at }: Row, now: Date): MessageState {
  if (sent_at !== null) return failed_at === null ? 'sent' : 'undelivered';
  if (expires_at <= now) return 'expired';
  return failed_at === null ? 'waiting' : 'failed';
}
