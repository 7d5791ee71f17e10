// Once its deletion is due, an account is erased: nothing of the person is left in the database, in small steps that continue
// after an interruption, and the audit log keeps its events.
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readConfig } from '../../src/config/config.ts';
import { Outbox } from '../../src/delivery/outbox.ts';
import { type Orm, openOrm } from '../../src/persistence/orm.ts';
import { addSeconds } from '../../src/platform/clock.ts';
import { KeyRing } from '../../src/platform/key-ring.ts';
import { createLog } from '../../src/platform/log.ts';
import { ERASURE_SETTLES_SECONDS } from '../../src/policy/deletion.ts';
import { cancelDeletion, scheduleDeletion } from '../../src/users/deletion.ts';
import { eraseUsers } from '../../src/users/erase-users.ts';
import { startTestApp, TEST_ENVIRONMENT, type TestApp } from '../harness/app.ts';
import { TestClient } from '../harness/client.ts';
import { query } from '../harness/sql.ts';
import { StatementCounter } from '../harness/statement-counter.ts';
import { BEHIND_A_PROXY, type WholePerson, wholePerson } from './whole-person.ts';

const DAY_SECONDS = 86_400;
const NEVER = new AbortController().signal;
const ACTOR = { kind: 'USER', userId: null, sessionId: null, ip: null, userAgent: null } as const;

let app: TestApp;
let counter: StatementCounter;
let orm: Orm;
let outbox: Outbox;

beforeAll(async () => {
  app = await startTestApp(BEHIND_A_PROXY);
  // The worker erases when a test asks for it, and not at the next full minute.
  await query(
    app.databaseUrl,
    `insert into graphile_worker._private_known_crontabs (identifier, known_since, last_execution)
     values ('erase-users', now(), 'infinity') on conflict (identifier) do update set last_execution = 'infinity'`,
  );
  counter = await StatementCounter.before(app.databaseUrl);
  orm = await openOrm(counter.url);
  const ring = new KeyRing(readConfig(TEST_ENVIRONMENT).secretKeys);
  outbox = new Outbox({ ring, transports: {}, geoip: { placeOf: () => null }, log: createLog('silent') });
});
afterAll(async () => {
  await orm.close();
  await counter[Symbol.asyncDispose]();
  await app[Symbol.asyncDispose]();
});

const run = (signal = NEVER, now = app.clock.now()) => eraseUsers({ em: orm.em.fork(), outbox, now, signal });
const changeOf = (userId: string, now = app.clock.now()) => ({
  em: orm.em.fork(),
  tenantId: 'default',
  userId,
  sessionId: null,
  actor: { ...ACTOR, userId },
  now,
});
const schedule = (userId: string, afterSeconds = 14 * DAY_SECONDS) =>
  scheduleDeletion(outbox, changeOf(userId), afterSeconds);

/** Both runs that an erasure takes. */
async function erase(userId: string): Promise<void> {
  await schedule(userId, 0);
  await run();
  app.clock.advance(ERASURE_SETTLES_SECONDS + 1);
  await run();
}

/** Every row of every table that holds one of the words, by table. */
async function found(words: readonly string[]): Promise<Record<string, string[]>> {
  const tables = await query<{ name: string }>(
    app.databaseUrl,
    `select format('%I.%I', table_schema, table_name) as name from information_schema.tables
     where table_schema not in ('pg_catalog', 'information_schema') and table_type = 'BASE TABLE'`,
  );
  expect(tables.length).toBeGreaterThan(20);
  const holds: Record<string, string[]> = {};
  for (const { name } of tables) {
    const rows = await query<{ row: string }>(app.databaseUrl, `select t::text as row from only ${name} t`);
    const hits = rows.flatMap(({ row }) => words.filter((word) => row.includes(word)));
    if (hits.length > 0)
      holds[name.replace(/^public\.(audit_event)_.*$/, '$1').replace('public.', '')] = hits;
  }
  return holds;
}

async function countOf(table: string, where: string, ...values: unknown[]): Promise<number> {
  const [row] = await query<{ n: number }>(
    app.databaseUrl,
    `select count(*)::int as n from ${table} where ${where}`,
    values,
  );
  return row?.n ?? 0;
}

describe('an erased user', () => {
  let person: WholePerson;
  let neighbour: WholePerson;
  let before: Record<string, string[]>;
  let events: number;

  beforeAll(async () => {
    person = await wholePerson(app);
    neighbour = await wholePerson(app);
    before = await found([...person.canaries, person.id]);
    events = await countOf('audit_event', 'user_id = $1', person.id);
    await erase(person.id);
  });

  test('was in every table with a column that points to a user', async () => {
    const pointing = await query<{ name: string }>(
      app.databaseUrl,
      `select distinct table_name as name from information_schema.columns
       where table_schema = 'public' and column_name in ('user_id', 'actor_user_id') and table_name !~ '^audit_event_'`,
    );
    expect(pointing.length).toBeGreaterThan(8);
    for (const { name } of pointing) expect(before, name).toHaveProperty(name);
    // These point to sessions, devices and workflows of the user.
    for (const name of ['lockout', 'user_account']) expect(before, name).toHaveProperty(name);
  });

  test('leaves no address, number, name, label, subject, network address or program in any table', async () => {
    expect(await found(person.canaries)).toEqual({});
  });

  test('leaves the id to the audit log, and to nothing else', async () => {
    expect(Object.keys(await found([person.id]))).toEqual(['audit_event']);
  });

  test('leaves no row that points to one which is gone', async () => {
    const orphans = {
      refresh_token: 'session_id not in (select id from session)',
      operation_grant: 'session_id not in (select id from session)',
      challenge: 'workflow_id not in (select id from workflow)',
      workflow: 'session_id is not null and session_id not in (select id from session)',
      lockout: `subject like 'session:%' and substring(subject from 9)::uuid not in (select id from session)`,
    };
    for (const [table, where] of Object.entries(orphans)) expect(await countOf(table, where), table).toBe(0);
  });

  test('keeps the events of the audit log, and what was signed is gone from them', async () => {
    expect(events).toBeGreaterThan(10);
    const kept = await countOf('audit_event', 'user_id = $1', person.id);
    // The deletion was scheduled, and the user erased.
    expect(kept).toBe(events + 2);
    expect(await countOf('audit_event', 'user_id = $1 and approval is not null', person.id)).toBe(0);
    const [last] = await query(
      app.databaseUrl,
      'select type, actor_kind from audit_event where user_id = $1 order by occurred_at desc limit 1',
      [person.id],
    );
    expect(last).toEqual({ type: 'user.erased', actor_kind: 'SYSTEM' });
  });

  test('is told, by a message that is the last trace of the address, and sealed', async () => {
    const message = (await new TestClient(app).inbox()).find(({ to }) => to === person.email);
    expect(message?.subject).toBe('Your account was deleted');
  });

  test('takes nothing from a neighbour', async () => {
    const tables = Object.keys(await found([...neighbour.canaries, neighbour.id]));
    expect(tables).toEqual(Object.keys(before));
    expect(await countOf('audit_event', 'user_id = $1 and ip is not null', neighbour.id)).toBeGreaterThan(5);
    expect(await countOf('audit_event', 'user_id = $1 and approval is not null', neighbour.id)).toBe(1);
    const { errors } = await neighbour.client.graphql('{ viewer { id } }', {}, neighbour.token);
    expect(errors).toEqual([]);
  });

  test('makes room: the address can sign up again, as another user', async () => {
    const again = await new TestClient(app).signUp(person.email);
    const { data } = await new TestClient(app).graphql('{ viewer { id } }', {}, again.accessToken);
    expect(data.viewer.id).not.toBe(person.id);
  });
});

describe('an erasure', () => {
  test('does not begin before it is due', async () => {
    const { id } = await wholePerson(app);
    await schedule(id);
    app.clock.advance(14 * DAY_SECONDS - 60);
    expect(await run()).toMatchObject({ begun: 0 });
    app.clock.advance(61);
    expect(await run()).toMatchObject({ begun: 1 });
  });

  test('takes the ways in at once, and stays open until nothing more can be written', async () => {
    const { id, email, client } = await wholePerson(app);
    await schedule(id, 0);
    expect(await run()).toMatchObject({ begun: 1, erased: 0 });
    const started = await client.startSignIn({ identifier: email });
    expect((await client.attempt(started.id, { password: 'correct horse battery staple' })).code).toBe(
      'PROOF_REJECTED',
    );
    // What a server had counted in memory arrives a minute later.
    await query(
      app.databaseUrl,
      `insert into audit_event (id, occurred_at, type, tenant_id, user_id, actor_kind, ip)
       values (gen_random_uuid(), now(), 'sign-in.limited', 'default', $1, 'ANONYMOUS', '203.0.113.251')`,
      [id],
    );
    await run();
    expect(await countOf('user_account', 'id = $1', id)).toBe(1);
    app.clock.advance(ERASURE_SETTLES_SECONDS + 1);
    await run();
    expect(await countOf('user_account', 'id = $1', id)).toBe(0);
    expect(await found(['203.0.113.251'])).toEqual({});
  });

  test('continues on another node after it was interrupted anywhere', async () => {
    const { id, canaries } = await wholePerson(app);
    await query(
      app.databaseUrl,
      `insert into session (id, tenant_id, user_id, evidence, user_agent, created_at, last_seen_at, idle_expires_at, expires_at)
       select gen_random_uuid(), 'default', $1, '[]', $2, now(), now(), now(), now() from generate_series(1, 1800)`,
      [id, canaries[0]],
    );
    await query(
      app.databaseUrl,
      `insert into audit_event (id, occurred_at, type, tenant_id, user_id, actor_kind, ip)
       select gen_random_uuid(), now() - n * interval '1 second', 'session.revoked', 'default', $1, 'USER', $2
       from generate_series(1, 3500) n`,
      [id, canaries[0]],
    );
    await schedule(id, 0);
    const seen: number[] = [];
    for (let runs = 0; runs < 60; runs += 1) {
      // The signal is read before each batch, so every run does a little more than nothing.
      let reads = 0;
      const interrupted = new Proxy(NEVER, {
        get: (signal, key) => (key === 'aborted' ? (reads += 1) > runs : Reflect.get(signal, key)),
      });
      app.clock.advance(ERASURE_SETTLES_SECONDS + 1);
      await run(interrupted);
      seen.push(await countOf('user_account', 'id = $1', id));
      if (seen.at(-1) === 0) break;
    }
    expect(seen.length).toBeGreaterThan(5);
    expect(seen.at(-1)).toBe(0);
    expect(await found(canaries)).toEqual({});
  });

  test('writes at most a batch per statement', async () => {
    const { id } = await wholePerson(app);
    await query(
      app.databaseUrl,
      `insert into known_device (id, user_id, token_digest, created_at, last_seen_at)
       select gen_random_uuid(), $1, md5(n::text), now(), now() from generate_series(1, 1200) n`,
      [id],
    );
    await query(
      app.databaseUrl,
      `insert into audit_event (id, occurred_at, type, tenant_id, user_id, actor_kind, ip)
       select gen_random_uuid(), now() - n * interval '1 second', 'session.revoked', 'default', $1, 'USER', '203.0.113.252'
       from generate_series(1, 2500) n`,
      [id],
    );
    await query(
      app.databaseUrl,
      'update user_account set deletion_requested_at = now(), deletion_due_at = now() where id = $1',
      [id],
    );
    counter.take();
    await run(NEVER, addSeconds(app.clock.now(), DAY_SECONDS));
    const updates = counter.take().filter(({ text }) => text.includes('update audit_event'));
    expect(updates.length).toBeGreaterThan(3);
  });

  test('of two nodes, one begins it, and both can go on with it', async () => {
    const people = [await wholePerson(app), await wholePerson(app)];
    for (const { id } of people) await schedule(id, 0);
    const runs = await Promise.all([run(), run(), run()]);
    expect(runs.reduce((sum, { begun }) => sum + begun, 0)).toBe(2);
    app.clock.advance(ERASURE_SETTLES_SECONDS + 1);
    const last = await Promise.allSettled([run(), run(), run()]);
    expect(last.some(({ status }) => status === 'fulfilled')).toBe(true);
    await run();
    for (const { id, canaries } of people) {
      expect(await countOf('user_account', 'id = $1', id)).toBe(0);
      expect(await found(canaries)).toEqual({});
      expect(await countOf('audit_event', `user_id = $1 and type = 'user.erased'`, id)).toBe(1);
    }
  });

  test('and a cancellation at the same moment have one winner', async () => {
    for (let round = 0; round < 12; round += 1) {
      const { accessToken } = await new TestClient(app).signUp();
      const { data } = await new TestClient(app).graphql('{ viewer { id } }', {}, accessToken);
      const { id } = data.viewer;
      await schedule(id, 0);
      const [cancelled] = await Promise.allSettled([
        pause(round % 4).then(() => cancelDeletion(outbox, changeOf(id))),
        run(),
      ]);
      const isErasing = await countOf('user_account', 'id = $1 and erasing_at is not null', id);
      const addresses = await countOf('email_address', 'user_id = $1', id);
      if (cancelled.status === 'fulfilled')
        expect({ isErasing, addresses }).toEqual({ isErasing: 0, addresses: 1 });
      else {
        expect(cancelled.reason).toMatchObject({ code: 'CONFLICT' });
        expect({ isErasing, addresses }).toEqual({ isErasing: 1, addresses: 0 });
      }
    }
  });

  test('cannot be cancelled, and not scheduled again, once it has begun', async () => {
    const { id } = await wholePerson(app);
    await schedule(id, 0);
    await run();
    await expect(cancelDeletion(outbox, changeOf(id))).rejects.toMatchObject({ code: 'CONFLICT' });
    await expect(schedule(id)).rejects.toMatchObject({ code: 'CONFLICT' });
  });

  test('of an administrator erases where they acted from, in the events of others; that of a user keeps it', async () => {
    const administrator = await wholePerson(app);
    const user = await wholePerson(app);
    const add = (subject: string, actor: string, ip: string) =>
      query(
        app.databaseUrl,
        `insert into audit_event (id, occurred_at, type, tenant_id, user_id, actor_kind, actor_user_id, ip)
         values (gen_random_uuid(), now(), 'user.unlocked', 'default', $1, 'ADMINISTRATOR', $2, $3)`,
        [subject, actor, ip],
      );
    await add(user.id, administrator.id, '203.0.113.253');
    await erase(user.id);
    expect(await countOf('audit_event', `ip = '203.0.113.253'`)).toBe(1);
    await erase(administrator.id);
    expect(await countOf('audit_event', `ip = '203.0.113.253'`)).toBe(0);
    expect(
      await countOf('audit_event', 'actor_user_id = $1 and user_id = $2', administrator.id, user.id),
    ).toBe(1);
  });

  test('is a job of the worker', async () => {
    const { id } = await wholePerson(app);
    await schedule(id, 0);
    await query(app.databaseUrl, `select graphile_worker.add_job('erase-users')`);
    for (let tries = 0; tries < 100; tries += 1) {
      if ((await countOf('user_account', 'id = $1 and erasing_at is not null', id)) === 1) return;
      await pause(50);
    }
    expect.unreachable('The worker did not begin the erasure.');
  });
});

test('an account of another tenant is neither deleted nor cancelled', async () => {
  const { id } = await wholePerson(app);
  const elsewhere = { ...changeOf(id), tenantId: 'elsewhere' };
  expect(await scheduleDeletion(outbox, elsewhere)).toBeNull();
  expect(await countOf('user_account', 'id = $1 and deletion_due_at is not null', id)).toBe(0);
  await schedule(id);
  expect(await cancelDeletion(outbox, elsewhere)).toBe(false);
  expect(await countOf('user_account', 'id = $1 and deletion_due_at is not null', id)).toBe(1);
});
