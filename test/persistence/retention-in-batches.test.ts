// The exact age at which each kind of row is deleted, and deletion in batches that never wait for locks.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openClient } from '../../src/persistence/connection.ts';
import { type Orm, openOrm, sqlOf } from '../../src/persistence/orm.ts';
import { applyRetention } from '../../src/persistence/retention.ts';
import { addSeconds } from '../../src/platform/clock.ts';
import { RETENTION, testDatabase } from '../harness/app.ts';
import { query } from '../harness/sql.ts';
import { StatementCounter } from '../harness/statement-counter.ts';

const NOW = new Date('2030-01-01T00:00:00Z');
const DAY = 86_400;
const ago = (seconds: number): Date => addSeconds(NOW, -seconds);
const ID = '00000000-0000-4000-8000-';
const idOf = (n: number): string => `${ID}${String(n).padStart(12, '0')}`;
const USER = idOf(1);

let database: Awaited<ReturnType<typeof testDatabase>>;
let counter: StatementCounter;
let orm: Orm;

beforeAll(async () => {
  database = await testDatabase();
  counter = await StatementCounter.before(database.url);
  orm = await openOrm(counter.url);
});
afterAll(async () => {
  await orm.close();
  await counter[Symbol.asyncDispose]();
  await database.drop();
});
beforeEach(() =>
  run(
    `insert into user_account (id, tenant_id, created_at, activated_at) values ($1, 'default', $2, $2)`,
    USER,
    ago(1000 * DAY),
  ),
);
afterEach(() =>
  run('truncate user_account, workflow, outbox_message, rate_limit, signing_key, user_import cascade'),
);

const run = (statement: string, ...values: unknown[]) =>
  query<{ id: string }>(database.url, statement, values);
const clear = (signal?: AbortSignal) => applyRetention(sqlOf(orm.em.fork()), NOW, RETENTION, signal);

async function left(table: string): Promise<string[]> {
  return (await run(`select id from ${table} order by id`)).map((row) => row.id);
}

describe('retention deletes unverified rows after a day and keeps verified ones:', () => {
  test('authenticators', async () => {
    const add = (n: number, created: Date, confirmed: Date | null) =>
      run(
        `insert into authenticator (id, user_id, factor, secret, created_at, confirmed_at)
         values ($1, $2, 'TOTP', 'sealed', $3, $4)`,
        idOf(n),
        USER,
        created,
        confirmed,
      );
    await add(1, ago(999 * DAY), ago(999 * DAY));
    await add(2, ago(DAY), null);
    await add(3, ago(DAY + 1), null);
    expect(await clear()).toMatchObject({ enrollments: 1 });
    expect(await left('authenticator')).toEqual([idOf(1), idOf(2)]);
  });

  test('phone numbers', async () => {
    const add = (n: number, created: Date, verified: Date | null) =>
      run(
        `insert into phone_number (id, tenant_id, user_id, number, country, created_at, verified_at)
         values ($1, 'default', $2, $3, 'US', $4, $5)`,
        idOf(n),
        USER,
        `+1415555000${n}`,
        created,
        verified,
      );
    await add(1, ago(999 * DAY), ago(999 * DAY));
    await add(2, ago(DAY), null);
    await add(3, ago(DAY + 1), null);
    expect(await clear()).toMatchObject({ numbers: 1 });
    expect(await left('phone_number')).toEqual([idOf(1), idOf(2)]);
  });

  test('users', async () => {
    const add = (n: number, created: Date) =>
      run(
        `insert into user_account (id, tenant_id, created_at) values ($1, 'default', $2)`,
        idOf(n),
        created,
      );
    await add(2, ago(DAY));
    await add(3, ago(DAY + 1));
    expect(await clear()).toMatchObject({ signUps: 1 });
    expect(await left('user_account')).toEqual([USER, idOf(2)]);
  });
});

test('retention keeps a session for 30 days after it ends, and live sessions indefinitely', async () => {
  const add = (n: number, expires: Date, revoked: Date | null) =>
    run(
      `insert into session (id, tenant_id, user_id, evidence, created_at, last_seen_at, idle_expires_at, expires_at, revoked_at)
       values ($1, 'default', $2, '[]', $3, $3, $4, $4, $5)`,
      idOf(n),
      USER,
      ago(365 * DAY),
      expires,
      revoked,
    );
  await add(1, addSeconds(NOW, 1), null);
  await add(2, ago(30 * DAY), null);
  await add(3, ago(30 * DAY + 1), null);
  await add(4, addSeconds(NOW, 1), ago(30 * DAY));
  await add(5, addSeconds(NOW, 1), ago(30 * DAY + 1));
  await add(6, ago(1), ago(30 * DAY + 1));
  await run(`insert into refresh_token (digest, session_id, created_at) values ('d3', $1, now())`, idOf(3));
  expect(await clear()).toMatchObject({ sessions: 3 });
  expect(await left('session')).toEqual([idOf(1), idOf(2), idOf(4)]);
  expect(await run('select digest as id from refresh_token')).toEqual([]);
});

test('the refresh tokens of ended sessions are deleted in batches of 1000 before their sessions', async () => {
  await run(
    `insert into session (id, tenant_id, user_id, evidence, created_at, last_seen_at, idle_expires_at, expires_at)
     values ($1, 'default', $2, '[]', $3, $3, $3, $3)`,
    idOf(1),
    USER,
    ago(31 * DAY),
  );
  await run(
    `insert into refresh_token (digest, session_id, created_at) select n, $1, now() from generate_series(1, 2500) n`,
    idOf(1),
  );
  counter.take();
  expect(await clear()).toMatchObject({ sessions: 1, refreshTokens: 0 });
  const said = counter.take().map(({ text }) => text);
  expect(
    said.filter((text) => text.startsWith('delete from "refresh_token"') && text.includes('session')),
  ).toHaveLength(3);
  expect(await run('select digest as id from refresh_token')).toEqual([]);
});

test('a used refresh token is kept for 7 days, and an unused one as long as its session', async () => {
  await run(
    `insert into session (id, tenant_id, user_id, evidence, created_at, last_seen_at, idle_expires_at, expires_at)
     values ($1, 'default', $2, '[]', $3, $3, $4, $4)`,
    idOf(1),
    USER,
    ago(20 * DAY),
    addSeconds(NOW, DAY),
  );
  const add = (digest: string, used: Date | null) =>
    run(
      `insert into refresh_token (digest, session_id, created_at, used_at) values ($1, $2, $3, $4)`,
      digest,
      idOf(1),
      ago(20 * DAY),
      used,
    );
  await add('a: unused', null);
  await add('b: used', ago(RETENTION.usedTokenSeconds));
  await add('c: used before', ago(RETENTION.usedTokenSeconds + 1));
  expect(await clear()).toMatchObject({ refreshTokens: 1 });
  expect(await run('select digest as id from refresh_token order by digest')).toEqual([
    { id: 'a: unused' },
    { id: 'b: used' },
  ]);
});

test('a retired signing key is kept for a day, and the keys in use indefinitely', async () => {
  const add = (kid: string, retired: Date | null) =>
    run(
      `insert into signing_key (kid, algorithm, public_jwk, sealed_private_jwk, created_at, retired_at)
       values ($1, 'ES256', '{}', 'sealed', $2, $3)`,
      kid,
      ago(999 * DAY),
      retired,
    );
  await add('a: in use', null);
  await add('b: retiring', addSeconds(NOW, 1));
  await add('c: retired', ago(DAY));
  await add('d: retired before', ago(DAY + 1));
  expect(await clear()).toMatchObject({ signingKeys: 1 });
  expect((await run('select kid as id from signing_key order by kid')).map(({ id }) => id[0])).toEqual([
    'a',
    'b',
    'c',
  ]);
});

test('the progress of an import is kept for 400 days', async () => {
  const add = (id: string, updated: Date) =>
    run(
      `insert into user_import (id, tenant_id, records, imported, refused, report_bytes, updated_at)
       values ($1, 'default', 1, 1, 0, 0, $2)`,
      id,
      updated,
    );
  await add('a', ago(400 * DAY));
  await add('b', ago(400 * DAY + 1));
  expect(await clear()).toMatchObject({ imports: 1 });
  expect(await left('user_import')).toEqual(['a']);
});

test('retention keeps a known device for 400 days after its last sign-in', async () => {
  const add = (n: number, seen: Date) =>
    run(
      `insert into known_device (id, user_id, token_digest, created_at, last_seen_at) values ($1, $2, $3, $4, $5)`,
      idOf(n),
      USER,
      `digest ${n}`,
      ago(999 * DAY),
      seen,
    );
  await add(1, ago(1));
  await add(2, ago(400 * DAY));
  await add(3, ago(400 * DAY + 1));
  expect(await clear()).toMatchObject({ devices: 1 });
  expect(await left('known_device')).toEqual([idOf(1), idOf(2)]);
});

describe('retention of many rows', () => {
  beforeEach(() =>
    run(
      `insert into workflow (id, chart, machine_version, tenant_id, subject, snapshot, revision, attempts, max_attempts,
         created_at, expires_at)
       select n, 'sign-in', '1', 'default', n, '{}', 0, 0, 5, $1, $1 from generate_series(1, 2500) n`,
      ago(2 * DAY),
    ),
  );

  test('deletes in batches of 250, each committed separately', async () => {
    counter.take();
    expect(await clear()).toMatchObject({ workflows: 2500 });
    const said = counter.take();
    expect(said.filter(({ text }) => text.includes('"workflow"'))).toHaveLength(11);
    expect(said.filter(({ text }) => /^begin/i.test(text))).toEqual([]);
  });

  test('skips a locked row and deletes it in the next run', async () => {
    const holder = await openClient(database.url, 'test');
    await holder.query('begin');
    await holder.query(`select id from workflow where id = '7' for update`);
    expect(await clear()).toMatchObject({ workflows: 2499 });
    await holder.query('rollback');
    await holder.end();
    expect(await clear()).toMatchObject({ workflows: 1 });
  });

  test('stops when the signal is aborted', async () => {
    expect(await clear(AbortSignal.abort())).toMatchObject({ workflows: 0 });
    expect(await left('workflow')).toHaveLength(2500);
  });
});
