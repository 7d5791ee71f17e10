// The outbox and the step that it belongs to: a message is there exactly when its step is.
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { DeliveryError, type Message } from '../../src/delivery/message.ts';
import { Outbox } from '../../src/delivery/outbox.ts';
import { type Orm, openOrm, sqlOf } from '../../src/persistence/orm.ts';
import { Conflict, Settlement } from '../../src/persistence/settlement.ts';
import { addSeconds } from '../../src/platform/clock.ts';
import { KeyRing } from '../../src/platform/key-ring.ts';
import { testDatabase } from '../harness/app.ts';
import { query } from '../harness/sql.ts';
import { jobs, messages } from './queue.ts';

const NOW = new Date('2030-01-01T12:00:00Z');
const NEVER = new AbortController().signal;
const MESSAGE: Message = { channel: 'email', to: 'jane@example.com', subject: 'a subject', text: 'a text' };

let database: { url: string; drop: () => Promise<void> };
let orm: Orm;
/** What the transport was given. */
let sent: Message[];
let transport: (message: Message) => Promise<void>;

const ring = new KeyRing([randomBytes(32)]);
const outbox = new Outbox(ring, { email: { send: (message) => transport(message) } });

beforeAll(async () => {
  database = await testDatabase();
  orm = await openOrm(database.url);
});
beforeEach(async () => {
  sent = [];
  transport = async (message) => void sent.push(message);
  await query(database.url, 'delete from graphile_worker._private_jobs');
  await query(database.url, 'delete from outbox_message');
});
afterAll(async () => {
  await orm.close();
  await database.drop();
});

async function step(
  message: Message | null,
  how: (settlement: Settlement) => void = () => {},
): Promise<void> {
  const settlement = new Settlement();
  outbox.add(settlement, message, NOW, addSeconds(NOW, 600));
  how(settlement);
  await settlement.commit(orm.em.fork());
}

async function onlyId(): Promise<string> {
  const rows = await query<{ id: string }>(database.url, 'select id from outbox_message');
  expect(rows).toHaveLength(1);
  return rows[0]?.id ?? '';
}

const deliver = async (secondsLater = 0) =>
  outbox.deliver(sqlOf(orm.em.fork()), await onlyId(), addSeconds(NOW, secondsLater), NEVER);

test('a step that commits leaves a message and a job that names it', async () => {
  await step(MESSAGE);
  expect(await jobs(database.url)).toHaveLength(1);
  const [job] = await query<{ payload: object }>(
    database.url,
    'select payload from graphile_worker._private_jobs',
  );
  expect(job?.payload).toEqual({ id: await onlyId() });
});

test.each([
  ['a condition is lost', (settlement: Settlement) => settlement.require(async () => false)],
  [
    'a write finds nothing to change',
    (settlement: Settlement) =>
      settlement.requireWrite((sql) => sql.deleteFrom('session').where('id', 'is', null).returning('id')),
  ],
])('a step that rolls back because %s leaves neither', async (_why, lose) => {
  await expect(step(MESSAGE, lose)).rejects.toThrow(Conflict);
  expect(await messages(database.url)).toEqual([]);
  expect(await jobs(database.url)).toEqual([]);
});

test('a decoy’s message is written and queued like any other, and never handed over', async () => {
  await step(null);
  expect(await jobs(database.url)).toHaveLength(1);
  expect(await deliver()).toEqual({ outcome: 'gone' });
  expect(sent).toEqual([]);
});

test('a message is handed over as it was written, once', async () => {
  await step(MESSAGE);
  expect(await deliver()).toEqual({ outcome: 'sent' });
  expect(await deliver()).toEqual({ outcome: 'gone' });
  expect(sent).toEqual([MESSAGE]);
  expect(await messages(database.url)).toEqual([{ sealed: null, sent_at: NOW }]);
});

test.each([
  [599, 'sent'],
  [600, 'expired'],
  [601, 'expired'],
] as const)('of ten minutes, a message is after %i seconds %s', async (seconds, outcome) => {
  await step(MESSAGE);
  expect(await deliver(seconds)).toEqual({ outcome });
  expect(sent).toHaveLength(outcome === 'sent' ? 1 : 0);
  expect((await messages(database.url))[0]?.sealed).toBeNull();
});

test('a failure leaves it as it was; a final refusal erases it and says why', async () => {
  await step(MESSAGE);
  const [before] = await messages(database.url);
  transport = () => Promise.reject(new DeliveryError('try again', { isFinal: false }));
  await expect(deliver()).rejects.toThrow('try again');
  transport = () => Promise.reject(new TypeError('a defect of ours'));
  await expect(deliver()).rejects.toThrow('a defect of ours');
  expect(await messages(database.url)).toEqual([before]);

  transport = () => Promise.reject(new DeliveryError('never', { isFinal: true }));
  expect(await deliver()).toEqual({ outcome: 'refused', reason: 'never' });
  expect(await messages(database.url)).toEqual([{ sealed: null, sent_at: null }]);
});

test('a message that was cleared away is gone', async () => {
  const gone = '00000000-0000-4000-8000-000000000000';
  expect(await outbox.deliver(sqlOf(orm.em.fork()), gone, NOW, NEVER)).toEqual({ outcome: 'gone' });
});

test('a channel without a transport has no job: its message waits in the development inbox', async () => {
  const sms: Message = { channel: 'sms', to: '+15005550006', subject: '', text: 'a text' };
  await step(sms);
  expect(await jobs(database.url)).toEqual([]);
  expect(await outbox.inbox(sqlOf(orm.em.fork()))).toEqual([
    { id: await onlyId(), ...sms, sentAt: NOW.toISOString() },
  ]);
});

test('a sealed message does not open in the row of another', async () => {
  await step(MESSAGE);
  const id = await onlyId();
  await query(database.url, 'update outbox_message set id = $2 where id = $1', [
    id,
    '00000000-0000-4000-8000-000000000001',
  ]);
  await expect(deliver()).rejects.toThrow('does not open');
  expect(sent).toEqual([]);
});
