// The outbox and its transaction: a message exists if and only if its step has committed.
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { eraseExpired } from '../../src/delivery/erase-expired.ts';
import { DeliveryError, type Message } from '../../src/delivery/message.ts';
import { Outbox } from '../../src/delivery/outbox.ts';
import type { DeliveryStatus } from '../../src/persistence/entities/outbox-message.ts';
import { type Orm, openOrm, sqlOf } from '../../src/persistence/orm.ts';
import { Conflict, UnitOfWork } from '../../src/persistence/unit-of-work.ts';
import { addSeconds } from '../../src/platform/clock.ts';
import { KeyRing } from '../../src/platform/key-ring.ts';
import { createLog } from '../../src/platform/log.ts';
import { testDatabase } from '../harness/app.ts';
import { query } from '../harness/sql.ts';
import { jobs, messages } from './queue.ts';

const NOW = new Date('2030-01-01T12:00:00Z');
const NEVER = new AbortController().signal;
const MESSAGE: Message = {
  channel: 'email',
  to: 'jane@example.com',
  subject: 'a subject',
  text: 'a text',
  html: '<p>a text</p>',
  code: null,
};
const SMS: Message = {
  channel: 'sms',
  to: '+15005550006',
  subject: '',
  text: 'a text',
  html: null,
  code: '123456',
};
const DECOY: Message = { ...MESSAGE, isDecoy: true };
const SEALED_LENGTH = 'select length(sealed) from outbox_message';

let database: { url: string; drop: () => Promise<void> };
let orm: Orm;
/** The messages that the transport received. */
let sent: Message[];
let transport: (message: Message) => Promise<void>;

const ring = new KeyRing([randomBytes(32)]);
const lines: string[] = [];
const outbox = new Outbox({
  ring,
  transports: {
    email: {
      async send(message) {
        await transport(message);
        return { providerId: 'a-provider-s-id', status: 'queued' };
      },
    },
  },
  geoip: { placeOf: () => null },
  log: createLog('trace', { write: (line) => lines.push(line) }),
});

beforeAll(async () => {
  database = await testDatabase();
  orm = await openOrm(database.url);
});
beforeEach(async () => {
  sent = [];
  lines.length = 0;
  transport = async (message) => void sent.push(message);
  await query(database.url, 'delete from graphile_worker._private_jobs');
  await query(database.url, 'delete from outbox_message');
});
afterAll(async () => {
  await orm.close();
  await database.drop();
});

async function step(message: Message, how: (unitOfWork: UnitOfWork) => void = () => {}): Promise<void> {
  const unitOfWork = new UnitOfWork();
  outbox.add(unitOfWork, message, NOW, addSeconds(NOW, 600));
  how(unitOfWork);
  await unitOfWork.commit(orm.em.fork());
}

async function onlyId(): Promise<string> {
  const rows = await query<{ id: string }>(database.url, 'select id from outbox_message');
  expect(rows).toHaveLength(1);
  return rows[0]?.id ?? '';
}

const deliver = async (secondsLater = 0) =>
  outbox.deliver(sqlOf(orm.em.fork()), await onlyId(), addSeconds(NOW, secondsLater), NEVER);

const inbox = (secondsLater = 0) => outbox.inbox(sqlOf(orm.em.fork()), addSeconds(NOW, secondsLater));

/** The only stored message. */
async function noted(): Promise<object | undefined> {
  const rows = await query(database.url, 'select * from outbox_message');
  expect(rows).toHaveLength(1);
  return rows[0];
}

test('a step that commits leaves a message and a job with its id', async () => {
  await step(MESSAGE);
  expect(await jobs(database.url)).toHaveLength(1);
  const [job] = await query<{ payload: object }>(
    database.url,
    'select payload from graphile_worker._private_jobs',
  );
  expect(job?.payload).toEqual({ id: await onlyId() });
});

test.each([
  ['a condition is not met', (unitOfWork: UnitOfWork) => unitOfWork.require(async () => false)],
  [
    'a write finds nothing to change',
    (unitOfWork: UnitOfWork) =>
      unitOfWork.requireWrite((sql) => sql.deleteFrom('session').where('id', 'is', null).returning('id')),
  ],
])('a step that rolls back because %s leaves neither', async (_why, lose) => {
  await expect(step(MESSAGE, lose)).rejects.toThrow(Conflict);
  expect(await messages(database.url)).toEqual([]);
  expect(await jobs(database.url)).toEqual([]);
});

test('a decoy is written and queued like any message, but never delivered', async () => {
  await step(MESSAGE);
  const [real] = await query<{ length: number }>(database.url, SEALED_LENGTH);
  await query(database.url, 'delete from graphile_worker._private_jobs');
  await query(database.url, 'delete from outbox_message');
  await step(DECOY);
  expect(await jobs(database.url)).toHaveLength(1);
  expect(await query(database.url, SEALED_LENGTH)).toEqual([real]);
  expect(await inbox()).toEqual([]);
  expect(await deliver()).toEqual({ outcome: 'gone' });
  expect(sent).toEqual([]);
});

test('a message is delivered unchanged and only once', async () => {
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

test('a temporary failure leaves the message unchanged, and a permanent refusal keeps it encrypted with the reason', async () => {
  await step(MESSAGE);
  const [before] = await messages(database.url);
  transport = () => Promise.reject(new DeliveryError('try again', { isFinal: false }));
  await expect(deliver()).rejects.toThrow('try again');
  transport = () => Promise.reject(new TypeError('a defect of ours'));
  await expect(deliver()).rejects.toThrow('a defect of ours');
  expect(await messages(database.url)).toEqual([before]);

  transport = () => Promise.reject(new DeliveryError('never', { isFinal: true }));
  expect(await deliver(1)).toEqual({ outcome: 'refused', reason: 'never' });
  expect(await messages(database.url)).toEqual([before]);
  expect(await noted()).toMatchObject({ failed_at: addSeconds(NOW, 1), failure: 'never' });
  expect(await deliver(2)).toEqual({ outcome: 'gone' });
});

test('the text of an unexpected error is not stored with the message, because it may contain anything', async () => {
  await step(MESSAGE);
  await outbox.giveUp(sqlOf(orm.em.fork()), await onlyId(), new TypeError('jane@example.com'), NOW);
  expect(await noted()).toMatchObject({ failed_at: NOW, failure: 'Unexpected error. See the log.' });
});

test('expired messages are erased, including failed ones and those in the development inbox', async () => {
  transport = () => Promise.reject(new DeliveryError('never', { isFinal: true }));
  await step(MESSAGE);
  await deliver();
  await step(SMS);
  const erase = (secondsLater: number) => eraseExpired(sqlOf(orm.em.fork()), addSeconds(NOW, secondsLater));
  expect(await erase(599)).toBe(0);
  expect(await inbox(599)).toHaveLength(1);
  expect(await inbox(600)).toEqual([]);
  expect(await erase(600)).toBe(2);
  expect((await messages(database.url)).map((one) => one.sealed)).toEqual([null, null]);
  expect(await erase(601)).toBe(0);
});

describe('the report of a provider', () => {
  const report = async (status: DeliveryStatus, errorCode: number | null = null): Promise<void> =>
    outbox.noteStatus(
      sqlOf(orm.em.fork()),
      { messageId: await onlyId(), providerId: 'SM1', status, errorCode },
      addSeconds(NOW, 5),
    );

  test.each<[readonly DeliveryStatus[], DeliveryStatus]>([
    [['queued', 'sent', 'delivered'], 'delivered'],
    [['sent', 'queued'], 'sent'],
    [['delivered', 'sent', 'queued'], 'delivered'],
    [['delivered', 'undelivered'], 'delivered'],
    [['undelivered', 'sent', 'delivered'], 'undelivered'],
    [['sent', 'failed', 'sent'], 'failed'],
  ])('never moves the status backwards: the order %j ends with %s', async (statuses, last) => {
    await step(MESSAGE);
    await deliver();
    expect(await noted()).toMatchObject({ provider_id: 'a-provider-s-id', delivery_status: 'queued' });
    for (const status of statuses) await report(status);
    expect(await noted()).toMatchObject({ provider_id: 'SM1', delivery_status: last });
  });

  test('about an undelivered message marks it as failed, and is logged once with codes only', async () => {
    await step(MESSAGE);
    await deliver();
    await report('undelivered', 30_003);
    await report('undelivered', 30_003);
    expect(await noted()).toMatchObject({
      sent_at: NOW,
      failed_at: addSeconds(NOW, 5),
      failure: 'The provider reported undelivered, code 30003.',
    });
    const warned = lines.map((line) => JSON.parse(line)).filter((line) => line.level === 40);
    expect(warned).toEqual([
      expect.objectContaining({ messageId: await onlyId(), status: 'undelivered', errorCode: 30_003 }),
    ]);
    expect(lines.join()).not.toMatch(/jane|a text/);
  });

  test('that arrives before the delivery is recorded prevents a second delivery', async () => {
    await step(MESSAGE);
    await report('sent');
    expect(await deliver()).toEqual({ outcome: 'gone' });
    expect(sent).toEqual([]);
    expect(await noted()).toMatchObject({ sent_at: addSeconds(NOW, 5), delivery_status: 'sent' });
  });

  test('that arrives during the delivery is not overwritten when the delivery is recorded', async () => {
    transport = () => report('failed', 30_008);
    await step(MESSAGE);
    expect(await deliver()).toEqual({ outcome: 'sent' });
    expect(await noted()).toMatchObject({
      sealed: null,
      delivery_status: 'failed',
      failure: 'The provider reported failed, code 30008.',
    });
  });
});

test('delivering a deleted message reports that it is gone', async () => {
  const gone = '00000000-0000-4000-8000-000000000000';
  expect(await outbox.deliver(sqlOf(orm.em.fork()), gone, NOW, NEVER)).toEqual({ outcome: 'gone' });
});

test('a message on a channel without a transport has no job and stays in the development inbox', async () => {
  await step(SMS);
  expect(await jobs(database.url)).toEqual([]);
  const { channel, to, subject, text } = SMS;
  const id = await onlyId();
  expect(await inbox()).toEqual([{ id, channel, to, subject, text, sentAt: NOW.toISOString() }]);
  const [line] = lines.map((one) => JSON.parse(one));
  expect(line).toMatchObject({ level: 30, channel: 'sms', messageId: id });
  expect(lines.join()).not.toMatch(/15005550006|123456|a text/);
});

test('nothing is logged about a message whose step rolls back', async () => {
  await expect(step(SMS, (unitOfWork) => unitOfWork.require(async () => false))).rejects.toThrow(Conflict);
  expect(lines).toEqual([]);
  expect(await inbox()).toEqual([]);
});

test('the log lines of a decoy are the same as those of a real message', async () => {
  await step(SMS);
  await step({ ...SMS, isDecoy: true });
  const [real, decoy] = lines.map((line) => ({ ...JSON.parse(line), time: '', messageId: '' }));
  expect(decoy).toEqual(real);
  expect(await inbox()).toHaveLength(1);
});

test('an encrypted message cannot be decrypted in the row of another message', async () => {
  await step(MESSAGE);
  const id = await onlyId();
  await query(database.url, 'update outbox_message set id = $2 where id = $1', [
    id,
    '00000000-0000-4000-8000-000000000001',
  ]);
  await expect(deliver()).rejects.toThrow('Cannot open a sealed value');
  expect(sent).toEqual([]);
});
