// With SESSION_CACHE_SECONDS=1, a session that was read a moment ago is not read again.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../harness/app.ts';
import { type Person, TestClient } from '../harness/client.ts';
import { query } from '../harness/sql.ts';

let app: TestApp;
let strict: TestApp;
let client: TestClient;
let person: Person;

beforeAll(async () => {
  app = await startTestApp({ SESSION_CACHE_SECONDS: '1' });
  strict = await startTestApp({}, app.databaseUrl, app.clock);
  client = new TestClient(app);
});
afterAll(async () => {
  await strict[Symbol.asyncDispose]();
  await app[Symbol.asyncDispose]();
});
beforeEach(async () => {
  app.clock.advance(3600);
  person = await client.signUp();
  app.clock.advance(5);
});

async function isSignedIn(one: TestApp, token = person.accessToken): Promise<boolean> {
  const { data } = await new TestClient(one).graphql('{ viewer { id } }', {}, token);
  return data.viewer !== null;
}

const revoke = (): Promise<unknown> =>
  query(app.databaseUrl, 'update session set revoked_at = now() where revoked_at is null');

test('a session that ended elsewhere counts for less than a second, and not at all without the setting', async () => {
  expect(await isSignedIn(app)).toBe(true);
  await revoke();
  app.clock.advance(0.9);
  expect(await isSignedIn(app)).toBe(true);
  expect(await isSignedIn(strict)).toBe(false);
  app.clock.advance(0.1);
  expect(await isSignedIn(app)).toBe(false);
});

test('a session that was read never outlives its own end', async () => {
  expect(await isSignedIn(app)).toBe(true);
  await query(app.databaseUrl, 'update session set idle_expires_at = $1', [
    new Date(app.clock.now().getTime() + 2500),
  ]);
  app.clock.advance(2);
  expect(await isSignedIn(app)).toBe(true);
  app.clock.advance(0.6);
  expect(await isSignedIn(app)).toBe(false);
});

test('a session that had ended when it was read is read again at once', async () => {
  await revoke();
  expect(await isSignedIn(app)).toBe(false);
  await query(app.databaseUrl, 'update session set revoked_at = null');
  expect(await isSignedIn(app)).toBe(true);
});

test('a step-up counts at once, because its token was issued after the session was read', async () => {
  const { secret, tokens } = await client.enrollTotp(person.accessToken);
  app.clock.advance(700);
  const { data } = await client.graphql(
    'mutation ($t: String) { refreshSession(input: { refreshToken: $t }) { ... on SessionGrant { accessToken } } }',
    { t: tokens.refreshToken },
  );
  const older = data.refreshSession.accessToken;
  app.clock.advance(60);
  expect(await isSignedIn(app, older)).toBe(true);
  const { id } = await client.startStepUp({}, older);
  const { session } = await client.attempt(id, { totp: client.totp(secret) }, older);
  const { errors } = await client.graphql(
    'mutation { regenerateBackupCodes { codes } }',
    {},
    session?.accessToken,
  );
  expect(errors).toEqual([]);
});
