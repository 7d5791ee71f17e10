// The migration that divides the audit log by month: nothing is lost, nothing is refused meanwhile, and the version
// before keeps working beside the new one.
import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openClient } from '../../src/persistence/connection.ts';
import { migrate } from '../../src/persistence/migrations.ts';
import { openOrm } from '../../src/persistence/orm.ts';
import { databaseServer, onServer, urlOf } from '../harness/database.ts';
import { query } from '../harness/sql.ts';

const NOW = new Date();
/** The last migration of the version before. */
const BEFORE = '2026-11-29-unit-of-work';
const THIS = '2026-11-29-audit-partitions';

/** The statement of that version's retention, with its placeholders. */
const DELETE_BEFORE = `delete from "audit_event" where ctid = any(array(
    select ctid from "audit_event" where occurred_at < $1 limit 1000 for update skip locked
  ))`;
const INSERT = `insert into "audit_event" ("id", "occurred_at", "type", "tenant_id") values ($1, $2, 'sign-in.complete', 'default')`;

let url: string;
let older: pg.Client;

beforeEach(async () => {
  const name = `stepgate_${randomUUID().replaceAll('-', '')}`;
  await onServer((await databaseServer()).url, `create database ${name}`);
  url = urlOf((await databaseServer()).url, name);
  const orm = await openOrm(url);
  await orm.migrator.up({ to: BEFORE });
  await orm.close();
  older = await openClient(url, 'server');
});
afterEach(async () => {
  await older.end();
  await onServer(
    (await databaseServer()).url,
    `drop database ${new URL(url).pathname.slice(1)} with (force)`,
  );
});

const insert = (at: Date = NOW) => older.query({ name: 'insert', text: INSERT, values: [randomUUID(), at] });
const events = async () => (await query(url, 'select from audit_event')).length;

test('while several servers migrate at once, a server of the version before writes events, and none is lost', async () => {
  const old = new Date('2020-01-01T00:00:00Z');
  await insert(old);
  let written = 1;
  const migrated = new AbortController();
  const writing = (async () => {
    for (; !migrated.signal.aborted; written += 1) await insert();
  })();
  const applied = await Promise.all([migrate(url, NOW), migrate(url, NOW)]);
  migrated.abort();
  await writing;
  expect(applied.flat().filter((name) => name === THIS)).toHaveLength(1);
  expect(await events()).toBe(written);
  expect(await query(url, `select from audit_event_first`)).toHaveLength(written);
  expect(await query(url, `select from pg_constraint where conname = 'audit_event_bound'`)).toEqual([]);
});

test('the retention of the version before deletes nothing, although a row of another month has the same place', async () => {
  await insert(new Date('2020-01-01T00:00:00Z'));
  await migrate(url, NOW);
  await query(url, INSERT, [randomUUID(), new Date(NOW.getTime() + 400 * 86_400_000)]);
  expect(await query(url, 'select distinct ctid from audit_event')).toHaveLength(1);
  expect((await older.query(DELETE_BEFORE, [new Date('2021-01-01T00:00:00Z')])).rowCount).toBe(0);
  expect(await events()).toBe(2);
  expect((await older.query(`delete from audit_event where occurred_at < '2021-01-01'`)).rowCount).toBe(1);
});

test('whoever could read the log still can', async () => {
  const role = `reader_${randomUUID().replaceAll('-', '')}`;
  await older.query(`create role ${role}; grant select on audit_event to ${role}`);
  try {
    await migrate(url, NOW);
    await insert();
    await older.query(`set role ${role}`);
    expect((await older.query('select from audit_event')).rowCount).toBe(1);
  } finally {
    await older.query(`reset role; drop owned by ${role}; drop role ${role}`);
  }
});

test('events of a clock that was wrong do not stop the migration', async () => {
  await insert(new Date('2399-12-31T23:59:59Z'));
  await migrate(url, NOW);
  await insert();
  expect(await events()).toBe(2);
});

test('a migration that fails leaves the log as it was, and can be tried again', async () => {
  await query(url, 'create table audit_event_default ()');
  await expect(migrate(url, NOW)).rejects.toThrow('audit_event_default');
  await insert(new Date(NOW.getTime() + 400 * 86_400_000));
  expect(await query(url, `select from pg_constraint where conname = 'audit_event_bound'`)).toEqual([]);
  await query(url, 'drop table audit_event_default; delete from audit_event');
  expect((await migrate(url, NOW))[0]).toBe(THIS);
});

test('a migration that was killed after its last step is not repeated', async () => {
  await migrate(url, NOW);
  await query(url, `delete from mikro_orm_migrations where name = '${THIS}'`);
  await insert();
  expect(await migrate(url, NOW)).toEqual([THIS]);
  expect(await events()).toBe(1);
});
