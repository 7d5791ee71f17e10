// The default password policy in a new instance, and in one from before the default changed.
import { randomUUID } from 'node:crypto';
import { afterEach, expect, test } from 'vitest';
import { migrate } from '../../src/persistence/migrations.ts';
import { openOrm, sqlOf } from '../../src/persistence/orm.ts';
import { databaseServer, onServer, urlOf } from '../harness/database.ts';
import { query } from '../harness/sql.ts';

const NOW = new Date('2026-11-29T12:00:00Z');
const BEFORE = '2026-11-25-imported-users';

const databases: string[] = [];
afterEach(async () => {
  for (const name of databases.splice(0))
    await onServer((await databaseServer()).url, `drop database ${name} with (force)`);
});

async function emptyDatabase(): Promise<string> {
  const name = `stepgate_${randomUUID().replaceAll('-', '')}`;
  await onServer((await databaseServer()).url, `create database ${name}`);
  databases.push(name);
  return urlOf((await databaseServer()).url, name);
}

const tenants = (url: string) =>
  query(
    url,
    `select id, password_minimum_length as length, password_minimum_length_alone as alone, password_strength as strength
     from tenant order by id`,
  );

test('new tenants require 15 characters if the password is the only factor', async () => {
  const url = await emptyDatabase();
  const orm = await openOrm(url);
  try {
    await migrate(url, NOW);
    await sqlOf(orm.em.fork()).insertInto('tenant').values({ id: 'added', created_at: NOW }).execute();
  } finally {
    await orm.close();
  }
  expect(await tenants(url)).toEqual([
    { id: 'added', length: 8, alone: 15, strength: 'LOW' },
    { id: 'default', length: 8, alone: 15, strength: 'LOW' },
  ]);
});

test('existing tenants keep their password policy in a migration', async () => {
  const url = await emptyDatabase();
  const orm = await openOrm(url);
  try {
    await orm.migrator.up({ to: BEFORE });
    await query(
      url,
      `insert into tenant (id, created_at) values ('default', now());
       insert into tenant (id, created_at, password_minimum_length_alone, password_strength)
       values ('own', now(), 12, 'HIGH')`,
    );
    await migrate(url, NOW);
  } finally {
    await orm.close();
  }
  expect(await tenants(url)).toEqual([
    { id: 'default', length: 8, alone: 8, strength: 'LOW' },
    { id: 'own', length: 8, alone: 12, strength: 'HIGH' },
  ]);
});
