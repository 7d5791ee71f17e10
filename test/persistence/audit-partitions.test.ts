// The audit log by month: partitions ahead, whole months dropped, and no event refused or lost.
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { keepAuditPartitions } from '../../src/persistence/audit-partitions.ts';
import { openClient } from '../../src/persistence/connection.ts';
import { type Orm, openOrm } from '../../src/persistence/orm.ts';
import { addSeconds } from '../../src/platform/clock.ts';
import { testDatabase } from '../harness/app.ts';
import { query } from '../harness/sql.ts';

const DAY = 86_400;
const AGE = 400 * DAY;
const NOW = new Date('2031-05-31T23:59:59Z');

let database: Awaited<ReturnType<typeof testDatabase>>;
let orm: Orm;

beforeEach(async () => {
  database = await testDatabase();
  orm = await openOrm(database.url);
});
afterEach(async () => {
  await orm.close();
  await database.drop();
});

const keep = (now = NOW, node = orm) => keepAuditPartitions(node.em.fork(), now, AGE);
const add = (at: Date | string) =>
  query(
    database.url,
    `insert into audit_event (id, occurred_at, type, tenant_id) values ($1, $2, 'sign-in.complete', 'default')`,
    [randomUUID(), at],
  );
const events = async () =>
  (
    await query<{ at: Date; part: string }>(
      database.url,
      'select occurred_at as at, tableoid::regclass::text as part from audit_event order by occurred_at',
    )
  ).map(({ at, part }) => [at.toISOString(), part]);

test('this month and three further ones have a partition, and a second run changes nothing', async () => {
  expect(await keep()).toEqual({
    created: ['audit_event_2031_05', 'audit_event_2031_06', 'audit_event_2031_07', 'audit_event_2031_08'],
    dropped: ['audit_event_first'],
    deleted: 0,
  });
  expect(await keep()).toEqual({ created: [], dropped: [], deleted: 0 });
  expect(await keep(addSeconds(NOW, 1))).toEqual({
    created: ['audit_event_2031_09'],
    dropped: [],
    deleted: 0,
  });
  await add(NOW);
  await add(addSeconds(NOW, 1));
  expect(await events()).toEqual([
    ['2031-05-31T23:59:59.000Z', 'audit_event_2031_05'],
    ['2031-06-01T00:00:00.000Z', 'audit_event_2031_06'],
  ]);
});

test('a month is dropped when its last event has reached its age, and not before', async () => {
  await keep();
  await add('2031-05-01T00:00:00Z');
  await add('2031-05-31T23:59:59Z');
  await add('2031-06-01T00:00:00Z');
  const end = new Date('2031-06-01T00:00:00Z');
  expect((await keep(addSeconds(end, AGE - 1))).dropped).toEqual([]);
  expect(await events()).toHaveLength(3);
  expect((await keep(addSeconds(end, AGE))).dropped).toEqual(['audit_event_2031_05']);
  expect(await events()).toEqual([['2031-06-01T00:00:00.000Z', 'audit_event_2031_06']]);
});

test('an event of a month without a partition is written, stays where it is, and is deleted at its age', async () => {
  await add('2031-06-15T00:00:00Z');
  expect((await keep()).created).toEqual([
    'audit_event_2031_05',
    'audit_event_2031_07',
    'audit_event_2031_08',
  ]);
  expect(await events()).toEqual([['2031-06-15T00:00:00.000Z', 'audit_event_default']]);
  const deleted = async (age: number) =>
    (await keep(addSeconds(new Date('2031-06-15T00:00:00Z'), age))).deleted;
  expect(await deleted(AGE)).toBe(0);
  expect(await deleted(AGE + 1)).toBe(1);
  expect(await events()).toEqual([]);
});

test('events from before the log was divided are deleted at their age, in batches of 1000', async () => {
  const now = new Date();
  const insert = `insert into audit_event (id, occurred_at, type, tenant_id)
    select gen_random_uuid(), $1, 'sign-in.complete', 'default' from generate_series(1, $2)`;
  await query(database.url, insert, [addSeconds(now, -AGE - 1), 2500]);
  await query(database.url, insert, [addSeconds(now, -AGE), 1]);
  expect((await keepAuditPartitions(orm.em.fork(), now, AGE, AbortSignal.abort())).deleted).toBe(0);
  expect((await keep(now)).deleted).toBe(2500);
  expect(await events()).toHaveLength(1);
});

test('while a long transaction reads the log, nothing is changed, nobody waits, and the next run does it', async () => {
  const reader = await openClient(database.url, 'test');
  await reader.query('begin; select from audit_event');
  expect(await keep()).toEqual({ created: [], dropped: [], deleted: 0 });
  await add(NOW);
  await reader.query('rollback');
  await reader.end();
  expect((await keep()).dropped).toEqual(['audit_event_first']);
});

test('a role that may not change the log still deletes events at their age', async () => {
  const role = `server_${randomUUID().replaceAll('-', '')}`;
  await query(
    database.url,
    `create role ${role} login password 'p'; grant select, insert, update, delete on all tables in schema public to ${role}`,
  );
  const url = new URL(database.url);
  [url.username, url.password] = [role, 'p'];
  const restricted = await openOrm(url.href);
  try {
    await add(addSeconds(NOW, -AGE - 1));
    await expect(keep(NOW, restricted)).rejects.toThrow('permission denied');
    expect(await events()).toEqual([]);
  } finally {
    await restricted.close();
    await query(database.url, `drop owned by ${role}; drop role ${role}`);
  }
});

test('of several nodes, one creates and drops each partition', async () => {
  const others = await Promise.all([openOrm(database.url), openOrm(database.url)]);
  try {
    const changes = await Promise.all([orm, ...others].map((node) => keep(NOW, node)));
    const rest = await keep();
    const created = [...changes, rest].flatMap((one) => one.created);
    expect(created.toSorted()).toEqual([
      'audit_event_2031_05',
      'audit_event_2031_06',
      'audit_event_2031_07',
      'audit_event_2031_08',
    ]);
  } finally {
    await Promise.all(others.map((one) => one.close()));
  }
});
