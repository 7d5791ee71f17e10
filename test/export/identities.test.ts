// Accounts at identity providers move with their users: whoever signed in with one here signs in with it there, as the same user.
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { appWith, callback, entry, native, providersFile, signInWith } from '../factors/oauth/visits.ts';
import type { TestApp } from '../harness/app.ts';
import { TestClient } from '../harness/client.ts';
import { runHere } from '../harness/command.ts';
import { IdentityProvider } from '../harness/identity-provider.ts';
import { query } from '../harness/sql.ts';
import { reportOf, temporaryFiles } from '../import/commands.ts';

const { newFile, newPath } = temporaryFiles();

let provider: IdentityProvider;
let file: string;
let here: TestApp;
let there: TestApp;
let sub: string;

beforeAll(async () => {
  provider = await IdentityProvider.start({ redirectUris: [callback('work'), native('work')] });
  const providers = [entry('work', provider, { signUp: 'always', addresses: 'email_verified' })];
  file = await providersFile([...providers, entry('private', provider, { tenant: 'acme' })]);
  here = await appWith(providers);
  there = await appWith(providers);
});
afterAll(async () => {
  await here[Symbol.asyncDispose]();
  await there[Symbol.asyncDispose]();
  await provider[Symbol.asyncDispose]();
});
beforeEach(() => {
  sub = randomUUID();
  provider.visitor = { sub };
});

const run = (app: TestApp, ...args: string[]) =>
  runHere(['users', ...args], { DATABASE_URL: app.databaseUrl, PROVIDERS_FILE: file });

async function signedIn(app: TestApp): Promise<string> {
  const client = new TestClient(app);
  const { session } = await signInWith(client, 'work');
  const { data } = await client.graphql('{ viewer { id } }', {}, session?.accessToken);
  return data.viewer.id;
}

const identity = (more: object = {}) => ({
  provider: 'work',
  issuer: provider.issuer,
  subject: sub,
  ...more,
});

async function refusalOf(user: object): Promise<string> {
  const path = await newFile([user]);
  const { code } = await run(there, 'import', path);
  expect(code).toBe(1);
  const [line] = await reportOf(path);
  return `${line?.path}: ${line?.reason}`;
}

test.each(['ndjson', 'csv'])('a user without an address moves with an identity, as %s', async (format) => {
  const id = await signedIn(here);
  const path = newPath(`.${format}`);
  expect((await run(here, 'export', path)).code).toBe(0);
  expect(await readFile(path, 'utf8')).toContain(sub);
  await run(there, 'import', path);
  expect(await signedIn(there)).toBe(id);
  const rows = await query(
    there.databaseUrl,
    'select tenant_id, provider, issuer, subject, linked_at is not null as linked, last_used_at is null as unused from identity where user_id = $1',
    [id],
  );
  expect(rows).toEqual([
    {
      tenant_id: 'default',
      provider: 'work',
      issuer: provider.issuer,
      subject: sub,
      linked: true,
      unused: false,
    },
  ]);
});

test('an identity that waits for the second factor of its user is not exported', async () => {
  const id = await signedIn(here);
  await query(here.databaseUrl, 'update identity set linked_at = null where user_id = $1', [id]);
  const path = newPath('.ndjson');
  await run(here, 'export', path);
  expect(await readFile(path, 'utf8')).not.toContain(sub);
});

describe('an import refuses', () => {
  test.each([
    ['an identity of a provider that is not configured', { provider: 'unknown' }, /PROVIDERS_FILE/],
    [
      'an identity of another issuer under the name of a provider',
      { issuer: 'https://evil.example' },
      /PROVIDERS_FILE/,
    ],
    ['an identity of a provider of another tenant', { provider: 'private' }, /PROVIDERS_FILE/],
    ['an identity without a subject', { subject: ' ' }, /must not be empty/],
    ['a subject that is too long', { subject: 'x'.repeat(256) }, /at most 255/],
  ])('%s', async (_what, more, reason) => {
    expect(await refusalOf({ email: `${sub}@example.com`, identities: [identity(more)] })).toMatch(reason);
    expect(await query(there.databaseUrl, 'select id from identity where subject = $1', [sub])).toEqual([]);
  });

  test('an identity that another user has, and keeps that user', async () => {
    const id = await signedIn(there);
    const reason = await refusalOf({ email: `${sub}@example.com`, identities: [identity()] });
    expect(reason).toBe('identities.0: Another user already has this account at the provider.');
    expect(await signedIn(there)).toBe(id);
  });

  test('an identity that two users of the file have, or one user twice', async () => {
    const path = await newFile([
      { email: `a-${sub}@example.com`, identities: [identity()] },
      { email: `b-${sub}@example.com`, identities: [identity()] },
    ]);
    expect((await run(there, 'import', path)).code).toBe(1);
    expect(await query(there.databaseUrl, 'select id from identity where subject = $1', [sub])).toHaveLength(
      1,
    );
    sub = randomUUID();
    expect(await refusalOf({ email: `${sub}@example.com`, identities: [identity(), identity()] })).toMatch(
      /already has this account/,
    );
  });
});

test('an import of the same identity in two tenants makes two users', async () => {
  await query(there.databaseUrl, `insert into tenant (id, created_at) values ('other', now())`);
  for (const tenant of ['default', 'other']) {
    const path = await newFile([{ email: `${sub}@example.com`, identities: [identity()] }]);
    expect((await run(there, 'import', path, '--tenant', tenant)).code).toBe(0);
  }
  expect(await query(there.databaseUrl, 'select id from identity where subject = $1', [sub])).toHaveLength(2);
});
