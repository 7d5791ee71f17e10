// A node that lacks a key neither starts nor is ready, and a node that seals with a retired key is not ready.
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Orm, openOrm, sqlOf } from '../../src/persistence/orm.ts';
import {
  checkKeys,
  notedKeys,
  noteKeys,
  RetiredKeyError,
  useKeys,
} from '../../src/persistence/secret-keys.ts';
import { KeyRing, UnknownKeyError } from '../../src/platform/key-ring.ts';
import { testDatabase } from '../harness/app.ts';
import { query } from '../harness/sql.ts';

const [one, other] = [randomBytes(32), randomBytes(32)];
const both = new KeyRing([other, one]);
const old = new KeyRing([one]);

let database: Awaited<ReturnType<typeof testDatabase>>;
let orm: Orm;
const sql = () => sqlOf(orm.em.fork());

beforeAll(async () => {
  database = await testDatabase();
  orm = await openOrm(database.url);
});
afterAll(async () => {
  await orm.close();
  await database.drop();
});
beforeEach(() => query(database.url, 'truncate secret_key'));

test('a node records the key that it seals with once, when it starts', async () => {
  await useKeys(sql(), old);
  await useKeys(sql(), old);
  expect(await notedKeys(sql())).toEqual([old.newest.id]);
  await checkKeys(sql(), old);
  await noteKeys(sql(), []);
  expect(await notedKeys(sql())).toEqual([old.newest.id]);
});

test('a node that lacks a recorded key neither starts nor is ready, and records nothing', async () => {
  await useKeys(sql(), both);
  await noteKeys(sql(), [old.newest.id]);
  const lacking = new KeyRing([one]);
  await expect(useKeys(sql(), lacking)).rejects.toThrow(UnknownKeyError);
  await expect(checkKeys(sql(), lacking)).rejects.toThrow(UnknownKeyError);
  expect(await notedKeys(sql())).toEqual([both.newest.id, old.newest.id].toSorted());
  await checkKeys(sql(), both);
});

test('a node that seals with a retired key is not ready, and the error names the key', async () => {
  await noteKeys(sql(), [both.newest.id]);
  const stale = checkKeys(sql(), new KeyRing([one, other]));
  await expect(stale).rejects.toThrow(RetiredKeyError);
  await expect(stale).rejects.toThrow(`Key ${old.newest.id} is retired`);
});
