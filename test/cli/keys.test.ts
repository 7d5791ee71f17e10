// Replacing a key in SECRET_KEYS as docs/keys.md describes: every node works in every phase, and nothing is lost.
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import bcrypt from 'bcrypt';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { PasswordHasher } from '../../src/factors/password/hash.ts';
import { HashingQueue } from '../../src/factors/password/hashing-queue.ts';
import { KeyRing } from '../../src/platform/key-ring.ts';
import { startTestApp, type TestApp, testDatabase } from '../harness/app.ts';
import { PASSWORD, type Person, TestClient } from '../harness/client.ts';
import { TestClock } from '../harness/clock.ts';
import { type Outcome, runCommand, runHere } from '../harness/command.ts';
import { query } from '../harness/sql.ts';

const newKey = (): string => randomBytes(32).toString('base64');
const idOf = (key: string): string => new KeyRing([Buffer.from(key, 'base64')]).newest.id;

let databaseUrl: string;
let drop: () => Promise<void>;
const clock = new TestClock();

beforeAll(async () => {
  ({ url: databaseUrl, drop } = await testDatabase());
});
afterAll(() => drop());

/** A database for one test, dropped after its nodes have stopped. */
async function scratch(): Promise<{ readonly url: string } & AsyncDisposable> {
  const database = await testDatabase();
  return { url: database.url, [Symbol.asyncDispose]: database.drop };
}

const node = (SECRET_KEYS: string, url = databaseUrl): Promise<TestApp> =>
  startTestApp({ SECRET_KEYS }, url, clock);

const environment = (SECRET_KEYS: string, url: string): Record<string, string> => ({
  NODE_ENV: 'test',
  DATABASE_URL: url,
  SECRET_KEYS,
});

const run = (SECRET_KEYS: string, args: string[], url = databaseUrl): Promise<Outcome> =>
  runHere(['keys', ...args], environment(SECRET_KEYS, url));

/** Finds a `rewrap` that waits for a row that another transaction has locked. */
const WAITING = `select 1 from pg_stat_activity
  where datname = current_database() and wait_event_type = 'Lock' and query like '%json_to_recordset%'`;

interface User extends Person {
  readonly secret: string;
  readonly backupCodes: string[];
}

async function newUser(client: TestClient): Promise<User> {
  const person = await client.signUp();
  const { secret, backupCodes } = await client.enrollTotp(person.accessToken);
  return { ...person, secret, backupCodes: [...backupCodes] };
}

const REFRESH = `mutation ($refreshToken: String!) {
  refreshSession(input: { refreshToken: $refreshToken }) { __typename ... on SessionGrant { accessToken } }
}`;

/** The user signs in on one node with password and authenticator app and refreshes, and both nodes accept the token. */
async function works(one: TestApp, other: TestApp, user: User): Promise<void> {
  const client = new TestClient(one);
  clock.advance(30);
  const tokens = await client.signIn(user, { totp: client.totp(user.secret) });
  const { data } = await client.graphql(REFRESH, { refreshToken: tokens.refreshToken });
  expect(data.refreshSession.__typename).toBe('SessionGrant');
  const { accessToken } = data.refreshSession;
  for (const app of [one, other]) {
    const viewer = await new TestClient(app).graphql('{ viewer { id } }', {}, accessToken);
    expect(viewer.errors).toEqual([]);
    expect(await readiness(app)).toBe(200);
  }
}

const firstAndLast = (users: readonly User[]): User[] => [...users.slice(0, 1), ...users.slice(-1)];

async function readiness({ url }: TestApp): Promise<number> {
  return (await fetch(`${url}/readyz`)).status;
}

/** The lines of `keys list`, without their alignment. */
function lines({ stdout }: Outcome): string[] {
  return stdout.split('\n').map((line) => line.replaceAll(/ +/g, ' ').trim());
}

describe('replacing a key', () => {
  const [old, next] = [newKey(), newKey()];

  test('two nodes that are restarted in turn both work in every phase, for old and new users', async () => {
    let a = await node(old);
    let b = await node(old);
    try {
      const users = [await newUser(new TestClient(a))];
      // In each phase both nodes are restarted, A first. In between, they hold different keys.
      for (const keys of [`${old},${next}`, `${next},${old}`]) {
        await a[Symbol.asyncDispose]();
        a = await node(keys);
        users.push(await newUser(new TestClient(a)));
        for (const user of firstAndLast(users)) {
          await works(a, b, user);
          await works(b, a, user);
        }
        await b[Symbol.asyncDispose]();
        b = await node(keys);
        users.push(await newUser(new TestClient(b)));
        for (const user of firstAndLast(users)) {
          await works(b, a, user);
          await works(a, b, user);
        }
      }
      const rewrapped = await run(`${next},${old}`, ['rewrap']);
      expect(rewrapped).toMatchObject({ code: 0, stderr: '' });
      for (const user of users) await works(a, b, user);

      // Only their owners can use up the backup codes that were hashed with the old key.
      const refused = await run(`${next},${old}`, ['retire', idOf(old)]);
      expect(refused).toMatchObject({ code: 1, stdout: '' });
      expect(refused.stderr).toMatch(/^Key \w{8} is still in use:\n(?: {2}.*\n)* {2}\d+ backup codes: /);
      await query(databaseUrl, `update backup_code set used_at = now() where digest like '${idOf(old)}.%'`);
      await query(databaseUrl, `update outbox_message set expires_at = now()`);
      await query(databaseUrl, `update challenge set expires_at = now()`);
      expect(await run(`${next},${old}`, ['retire', idOf(old)])).toEqual({
        code: 0,
        stdout: `Key ${idOf(old)} is retired. Remove it from SECRET_KEYS on every node.\n`,
        stderr: '',
      });

      await a[Symbol.asyncDispose]();
      a = await node(next);
      for (const user of users) {
        await works(a, b, user);
        await works(b, a, user);
      }
    } finally {
      await a[Symbol.asyncDispose]();
      await b[Symbol.asyncDispose]();
    }
  }, 120_000);
});

describe('a node that lacks a key', () => {
  test('stops being ready as soon as another node seals with that key, and names the key', async () => {
    await using database = await scratch();
    const [old, next] = [newKey(), newKey()];
    await using behind = await node(old, database.url);
    expect(await readiness(behind)).toBe(200);
    await using ahead = await node(`${next},${old}`, database.url); // skips the phase `old,next`
    expect(await readiness(ahead)).toBe(200);
    expect(await readiness(behind)).toBe(503);
    const words = `made with key ${idOf(next)}, which is not in SECRET_KEYS`;
    expect(behind.log.some((line) => line.includes('not ready') && line.includes(words))).toBe(true);
    await expect(node(old, database.url)).rejects.toThrow(words);
  });

  test('does not start if the key was removed from SECRET_KEYS before it was retired', async () => {
    await using database = await scratch();
    const [old, next] = [newKey(), newKey()];
    await (await node(old, database.url))[Symbol.asyncDispose]();
    await (await node(`${next},${old}`, database.url))[Symbol.asyncDispose]();
    await expect(node(next, database.url)).rejects.toThrow(
      `key ${idOf(old)}, which is not in SECRET_KEYS. Put that key back`,
    );
  });

  test('is not ready if the key with which it seals was retired', async () => {
    await using database = await scratch();
    const [old, next] = [newKey(), newKey()];
    await using forgotten = await node(`${old},${next}`, database.url);
    await using _ = await node(`${next},${old}`, database.url);
    expect((await run(`${next},${old}`, ['rewrap'], database.url)).code).toBe(0);
    expect(await run(`${next},${old}`, ['retire', idOf(old)], database.url)).toMatchObject({ code: 0 });
    expect(await readiness(forgotten)).toBe(503);
    expect(forgotten.log.some((line) => line.includes(`Key ${idOf(old)} is retired`))).toBe(true);
  });
});

describe('keys', () => {
  test('list counts what needs each key, by kind, and says until when, without printing a secret', async () => {
    await using database = await scratch();
    const [old, next] = [newKey(), newKey()];
    let user: User;
    {
      await using before = await node(old, database.url);
      user = await newUser(new TestClient(before));
      await new TestClient(before).signUp();
      await new TestClient(before).startSignIn({ identifier: user.email });
    }
    const both = `${next},${old}`;
    {
      await using _ = await node(both, database.url); // reseals its signing key
    }
    const list = await run(both, ['list'], database.url);
    expect(list).toMatchObject({ code: 0, stderr: '' });
    expect(lines(list)).toEqual([
      'KEY ROLE COUNT WHAT NEEDED UNTIL',
      `${idOf(next)} seals 1 signing keys`,
      '1 push keys',
      `${idOf(old)} opens 2 passwords the users sign in with them`,
      '10 backup codes they are used or replaced',
      '1 authenticator apps you run `npx stepgate keys rewrap`',
      expect.stringMatching(/^\d+ messages \d{4}-\d\d-\d\dT/),
      '',
    ]);
    for (const secret of [old, next, user.secret, PASSWORD, user.email])
      expect(list.stdout).not.toContain(secret);

    const json = await run(both, ['list', '--json'], database.url);
    expect(JSON.parse(json.stdout)).toEqual([
      {
        id: idOf(next),
        role: 'seals',
        needs: [
          { what: 'signing keys', count: 1, release: 'rewrap', until: null },
          { what: 'push keys', count: 1, release: 'rewrap', until: null },
        ],
      },
      {
        id: idOf(old),
        role: 'opens',
        needs: expect.arrayContaining([
          { what: 'passwords', count: 2, release: 'owner', until: null },
          expect.objectContaining({
            what: 'messages',
            release: 'expiry',
            until: expect.stringMatching(/Z$/),
          }),
        ]),
      },
    ]);

    // A key that is missing from SECRET_KEYS is listed as MISSING, with exit code 1.
    const missing = await runCommand(
      'src/cli/stepgate.ts',
      ['keys', 'list'],
      environment(next, database.url),
    );
    expect(missing.code).toBe(1);
    expect(lines(missing)[3]).toBe(`${idOf(old)} MISSING 2 passwords the users sign in with them`);
  });

  test('rewrap refuses a first key with which no server seals yet, because the servers could not open what it seals', async () => {
    await using database = await scratch();
    const [old, next] = [newKey(), newKey()];
    await using app = await node(`${old},${next}`, database.url);
    const { code, stderr } = await run(`${next},${old}`, ['rewrap'], database.url);
    expect(code).toBe(1);
    expect(stderr).toMatch(`No server seals with key ${idOf(next)} yet.`);
    expect(await readiness(app)).toBe(200);
    const idle = await run(`${old},${next}`, ['list'], database.url);
    expect(lines(idle).slice(1)).toEqual([
      `${idOf(old)} seals 1 signing keys`,
      '1 push keys',
      `${idOf(next)} opens 0`,
      '',
    ]);
  });

  test('rewrap can be repeated, run twice in parallel, and run during sign-ins', async () => {
    await using database = await scratch();
    const [old, next] = [newKey(), newKey()];
    const users: User[] = [];
    {
      await using before = await node(old, database.url);
      for (let one = 0; one < 4; one += 1) users.push(await newUser(new TestClient(before)));
    }
    const both = `${next},${old}`;
    await using app = await node(both, database.url);
    await manyApps(database.url, users[0]?.email ?? '', 1200);
    const client = new TestClient(app);
    clock.advance(30);
    const [one, other] = await Promise.all([
      run(both, ['rewrap'], database.url),
      run(both, ['rewrap'], database.url),
      ...users.map((user) => client.signIn(user, { totp: client.totp(user.secret) })),
    ]);
    expect([one.code, other.code]).toEqual([1, 1]); // the copied secrets were sealed for other rows
    expect(one.stdout).toContain('1200 could not be opened');
    await query(database.url, `delete from authenticator where label = 'copy'`);
    expect(await run(both, ['rewrap'], database.url)).toEqual({
      code: 0,
      stdout:
        'authenticator apps: 0 resealed\napproving devices: 0 resealed\npassword hashes of other systems: 0 resealed\naddresses at providers: 0 resealed\nsigning keys: 0 resealed\napprovals in the audit log: 0 resealed\npush keys: 0 resealed\n',
      stderr: '',
    });
    const ids = await query<{ id: string }>(
      database.url,
      `select distinct split_part(secret, '.', 1) as id from authenticator where factor = 'TOTP'`,
    );
    expect(ids).toEqual([{ id: idOf(next) }]);
    clock.advance(60);
    for (const user of users) await client.signIn(user, { totp: client.totp(user.secret) });
  });

  test('rewrap does not overwrite a secret that is replaced while it reseals the old one', async () => {
    await using database = await scratch();
    const [old, next] = [newKey(), newKey()];
    {
      await using before = await node(old, database.url);
      await newUser(new TestClient(before));
    }
    const both = `${next},${old}`;
    await (await node(both, database.url))[Symbol.asyncDispose]();
    const somebody = new pg.Client({ connectionString: database.url });
    await somebody.connect();
    try {
      await somebody.query('begin');
      await somebody.query(`update authenticator set secret = 'replaced' where factor = 'TOTP'`);
      const rewrapping = run(both, ['rewrap'], database.url);
      await vi.waitUntil(async () => (await query(database.url, WAITING)).length > 0, { timeout: 20_000 });
      await somebody.query('commit');
      expect((await rewrapping).stdout).toContain('authenticator apps: 0 resealed');
    } finally {
      await somebody.end();
    }
    const apps = await query(database.url, `select secret from authenticator where factor = 'TOTP'`);
    expect(apps).toEqual([{ secret: 'replaced' }]);
  });

  test('password hashes of other systems still match without the old key after rewrap', async () => {
    await using database = await scratch();
    const [old, next] = [newKey(), newKey()];
    await (await node(old, database.url))[Symbol.asyncDispose]();
    const email = 'jane@example.com';
    await importUsers(database.url, old, { email, passwordHash: await bcrypt.hash(PASSWORD, 4) });
    const both = `${next},${old}`;
    await (await node(both, database.url))[Symbol.asyncDispose]();
    const { code, stdout } = await run(both, ['rewrap'], database.url);
    expect({ code, stdout }).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('password hashes of other systems: 1 resealed'),
    });
    expect((await run(both, ['retire', idOf(old)], database.url)).code).toBe(0);
    await using app = await node(next, database.url);
    await new TestClient(app).signIn({ email, password: PASSWORD });
  });

  test('a server does not start without a key whose hashes were imported from another instance', async () => {
    await using database = await scratch();
    const [own, foreign] = [newKey(), newKey()];
    await (await node(own, database.url))[Symbol.asyncDispose]();
    const ring = new KeyRing([Buffer.from(foreign, 'base64')]);
    const hash = await new PasswordHasher(ring, 4, new HashingQueue(1)).hash(PASSWORD);
    const email = 'jane@example.com';
    await importUsers(database.url, `${own},${foreign}`, { email, passwordHash: hash });
    await expect(node(own, database.url)).rejects.toThrow(
      `key ${idOf(foreign)}, which is not in SECRET_KEYS`,
    );
    await using app = await node(`${own},${foreign}`, database.url);
    await new TestClient(app).signIn({ email, password: PASSWORD });
  });

  test('retire refuses the first key, and a key whose values rewrap can reseal', async () => {
    await using database = await scratch();
    const [old, next] = [newKey(), newKey()];
    {
      await using before = await node(old, database.url);
      await newUser(new TestClient(before));
    }
    const both = `${next},${old}`;
    expect((await run(both, ['retire', idOf(next)], database.url)).stderr).toBe(
      `Key ${idOf(next)} is the first key in SECRET_KEYS and seals new values. Put another key first.\n`,
    );
    const refused = await run(both, ['retire', idOf(old), '--discard'], database.url);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('  1 authenticator apps: run `npx stepgate keys rewrap`\n');
    expect(await query(database.url, 'select id from secret_key')).toEqual([{ id: idOf(old) }]);
  });

  test('retire --discard deletes what only that key can check, and its users reset their passwords', async () => {
    await using database = await scratch();
    const [old, next] = [newKey(), newKey()];
    let user: User;
    {
      await using before = await node(old, database.url);
      user = await newUser(new TestClient(before));
    }
    const both = `${next},${old}`;
    let after = await node(both, database.url);
    const kept = await newUser(new TestClient(after));
    await after[Symbol.asyncDispose]();
    expect((await run(both, ['rewrap'], database.url)).code).toBe(0);
    await query(database.url, `update outbox_message set expires_at = now()`);
    await query(database.url, `update challenge set expires_at = now()`);
    const retired = await run(both, ['retire', idOf(old), '--discard'], database.url);
    expect(retired).toMatchObject({ code: 0, stderr: '' });
    expect(retired.stdout).toMatch(
      /^passwords: 1 discarded\nbackup codes: 10 discarded\nKey \w{8} is retired\./,
    );
    const audit = await query(
      database.url,
      `select type, actor_kind from audit_event where type like '%.discarded' order by type`,
    );
    expect(audit).toEqual([
      { type: 'backup-codes.discarded', actor_kind: 'OPERATOR' },
      { type: 'password.discarded', actor_kind: 'OPERATOR' },
    ]);

    after = await node(next, database.url);
    try {
      const client = new TestClient(after);
      const { id } = await client.startSignIn({ identifier: user.email });
      expect((await client.attempt(id, { password: PASSWORD })).code).toBe('PROOF_REJECTED');
      const reset = await client.startPasswordReset({ identifier: user.email });
      await client.prepare(reset.id, 'EMAIL_CODE');
      await client.attempt(reset.id, { emailCode: await client.codeFor(user.email) });
      clock.advance(30);
      await client.attempt(reset.id, { totp: client.totp(user.secret) });
      const password = 'another correct horse';
      expect((await client.chooseNewPassword(reset.id, password)).status).toBe('COMPLETE');
      clock.advance(30);
      await client.signIn({ ...user, password }, { totp: client.totp(user.secret) });
      await client.signIn(kept, { backupCode: kept.backupCodes[0] });
    } finally {
      await after[Symbol.asyncDispose]();
    }
  });

  test.each([
    [[], 'Usage: stepgate keys '],
    [['list', 'all'], "Too many arguments for 'list'."],
    [['retire'], "Missing required argument 'KEY'."],
    [['retire', 'old'], 'KEY must be eight hexadecimal digits.'],
    [['rewrap', '--quick'], "Unknown option '--quick'."],
  ])('invalid arguments print an error and the usage: %j', async (args, words) => {
    const { code, stderr } = await run(newKey(), args);
    expect(code).toBe(2);
    expect(stderr).toContain(words);
    expect(stderr).toContain('Usage:');
  });
});

/** Imports one user. */
async function importUsers(url: string, SECRET_KEYS: string, user: object): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'stepgate-keys-'));
  try {
    const file = join(folder, 'users.ndjson');
    await writeFile(file, JSON.stringify({ ...user, emailVerified: true }));
    const args = ['users', 'import', file];
    expect(await runHere(args, environment(SECRET_KEYS, url))).toMatchObject({ code: 0 });
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Fills more than one batch with copies of a user's authenticator app. The copies cannot be opened in their new rows. */
async function manyApps(url: string, email: string, count: number): Promise<void> {
  await query(
    url,
    `insert into authenticator (id, user_id, factor, label, secret, created_at)
     select gen_random_uuid(), a.user_id, 'TOTP', 'copy', a.secret, now()
     from authenticator a join email_address e on e.user_id = a.user_id, generate_series(1, $2)
     where e.address = $1 and a.factor = 'TOTP'`,
    [email, count],
  );
}
