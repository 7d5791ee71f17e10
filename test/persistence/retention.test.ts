// Retention of data that grows: failures, workflows, refresh tokens, signing keys.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Orm, openOrm, sqlOf } from '../../src/persistence/orm.ts';
import { applyRetention } from '../../src/persistence/retention.ts';
import { addSeconds } from '../../src/platform/clock.ts';
import { RETENTION, testDatabase } from '../harness/app.ts';
import { query } from '../harness/sql.ts';

const DAY = 86_400;
const NOW = new Date('2026-11-29T12:00:00Z');

let database: { url: string; drop: () => Promise<void> };
let orm: Orm;

beforeAll(async () => {
  database = await testDatabase();
  orm = await openOrm(database.url);
});
afterAll(async () => {
  await orm.close();
  await database.drop();
});

async function remains(subject: string, failures: number, seconds: number): Promise<boolean> {
  await query(database.url, 'delete from lockout');
  const locked = failures >= 100 ? addSeconds(NOW, 100 * 365 * DAY) : null;
  await query(
    database.url,
    `insert into lockout (subject, counter, failures, locked_until, updated_at) values ($1, 'CODE', $2, $3, $4)`,
    [subject, failures, locked, addSeconds(NOW, -seconds)],
  );
  await applyRetention(sqlOf(orm.em.fork()), NOW, RETENTION);
  return (await query(database.url, 'select 1 from lockout')).length === 1;
}

test.each([
  ['forgiven failures are kept for a day', 0, DAY],
  ['failures that never locked are kept for 30 days', 1, 30 * DAY],
  ['failures that never locked are kept for 30 days', 9, 30 * DAY],
  ['failures that locked are kept for 400 days', 10, 400 * DAY],
  ['failures that locked are kept for 400 days', 99, 400 * DAY],
])('%s, whether or not the account exists (%i)', async (_what, failures, age) => {
  for (const subject of ['user:somebody', 'unknown:nobody', 'sign-up:nobody', 'device:one', 'session:one']) {
    expect(await remains(subject, failures, age)).toBe(true);
    expect(await remains(subject, failures, age + 1)).toBe(false);
  }
});

test('a lockout without an end is kept until an administrator lifts it', async () => {
  expect(await remains('user:somebody', 100, 10_000 * DAY)).toBe(true);
  expect(await remains('unknown:nobody', 100, 10_000 * DAY)).toBe(true);
});

test('failures of a flood of invented identifiers are deleted after 30 days', async () => {
  await query(database.url, 'delete from lockout');
  await query(
    database.url,
    `insert into lockout (subject, counter, failures, updated_at)
     select 'unknown:' || i, 'PASSWORD', 1 + i % 9, $1 from generate_series(1, 5000) i`,
    [addSeconds(NOW, -31 * DAY)],
  );
  expect(await applyRetention(sqlOf(orm.em.fork()), NOW, RETENTION)).toMatchObject({ lockouts: 5000 });
});

test('a workflow is kept for an hour after its deadline', async () => {
  for (const seconds of [3600, 3601])
    await query(
      database.url,
      `insert into workflow (id, chart, machine_version, tenant_id, subject, snapshot, max_attempts, created_at, expires_at)
       values ($1, 'sign-in', '2', 'default', 'unknown:nobody', '{}', 5, $2, $2)`,
      [String(seconds), addSeconds(NOW, -seconds)],
    );
  expect(await applyRetention(sqlOf(orm.em.fork()), NOW, RETENTION)).toMatchObject({ workflows: 1 });
});
