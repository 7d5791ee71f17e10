// What a token says of itself and when it ends: to the second, because whoever verifies it without asking us believes it
// until then.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../harness/app.ts';
import { type Person, TestClient, type Tokens } from '../harness/client.ts';
import { query } from '../harness/sql.ts';
import { claimsOf, refresh } from './operations.ts';

const DAY = 86_400;

let app: TestApp;
let client: TestClient;

beforeAll(async () => {
  app = await startTestApp({ SESSION_IDLE_SECONDS: String(10 * DAY), SESSION_SECONDS: String(20 * DAY) });
  client = new TestClient(app);
});
afterAll(() => app[Symbol.asyncDispose]());

const times = ({ accessToken }: Pick<Tokens, 'accessToken'>) => {
  const { iat, exp, acr, jti } = claimsOf(accessToken);
  return { iat: Number(iat), exp: Number(exp), acr, jti };
};

async function withTotp(): Promise<{ person: Person; secret: string; tokens: Tokens }> {
  await query(app.databaseUrl, 'update tenant set second_factor_idle_seconds = 31536000');
  const person = await client.signUp();
  return { person, ...(await client.enrollTotp(person.accessToken)) };
}

describe('an access token', () => {
  test('that says aal2 expires one second after the last second of AAL2', async () => {
    const { tokens } = await withTotp();
    const { mfa } = claimsOf(tokens.accessToken) as unknown as { mfa: { c: Record<string, number> } };
    // The newest proof of knowledge is the older of the two that make AAL2.
    const knowledge = Math.max(mfa.c['emailpassword'] ?? 0, mfa.c['otp-email'] ?? 0);
    const last = Math.min(knowledge, mfa.c['totp'] ?? 0) + DAY;
    // To the beginning of a second, because the clock goes on while a request is answered.
    const advanceTo = (second: number): void => app.clock.advance(second - app.clock.now().getTime() / 1000);
    advanceTo(last - 100);
    const soon = await refresh(client, tokens.refreshToken);
    expect(times(soon)).toMatchObject({ acr: 'aal2', exp: last + 1 });
    advanceTo(last);
    const still = await refresh(client, soon.refreshToken);
    expect(times(still)).toMatchObject({ acr: 'aal2', iat: last, exp: last + 1 });
    advanceTo(last + 1);
    const over = await refresh(client, still.refreshToken);
    expect(times(over)).toMatchObject({ acr: 'aal1', iat: last + 1, exp: last + 601 });
  });

  test('without a refresh token still has an id of its own', async () => {
    const { secret, tokens: older } = await withTotp();
    await refresh(client, older.refreshToken); // from now on the access token is not the newest one
    const ids = new Set<unknown>();
    for (let round = 0; round < 2; round += 1) {
      app.clock.advance(30);
      const { id } = await client.startStepUp({}, older.accessToken);
      const { session } = await client.attempt(id, { totp: client.totp(secret) }, older.accessToken);
      expect(session?.refreshToken).toBe('');
      const { jti, exp } = times({ accessToken: session?.accessToken ?? '' });
      expect(exp).toBe(times(older).exp);
      expect(jti).toMatch(/^[\w-]{36}$/);
      ids.add(jti);
    }
    expect(ids.size).toBe(2);
  });

  test('of a step-up has the digest of its refresh token as its id', async () => {
    const { secret, tokens } = await withTotp();
    app.clock.advance(30);
    const { id } = await client.startStepUp({}, tokens.accessToken);
    const { session } = await client.attempt(id, { totp: client.totp(secret) }, tokens.accessToken);
    const { jti, iat, exp } = times({ accessToken: session?.accessToken ?? '' });
    expect(exp).toBe(iat + 600);
    const rows = await query(
      app.databaseUrl,
      'select session_id from refresh_token where digest = $1 and used_at is null',
      [jti],
    );
    expect(rows).toEqual([{ session_id: claimsOf(tokens.accessToken).sid }]);
  });
});

test('the idle time of a session starts with its last use and ends with the session at the latest, after a step-up too', async () => {
  const { secret, tokens } = await withTotp();
  const sid = claimsOf(tokens.accessToken).sid;
  const lives = async () => {
    const [row] = await query<{ idle: number; total: number; seen: number }>(
      app.databaseUrl,
      `select extract(epoch from idle_expires_at - last_seen_at)::float8 as idle,
         extract(epoch from expires_at - created_at)::float8 as total,
         extract(epoch from last_seen_at - created_at)::float8 as seen from session where id = $1`,
      [sid],
    );
    return row;
  };
  expect(await lives()).toMatchObject({ idle: 10 * DAY, total: 20 * DAY });
  app.clock.advance(9 * DAY);
  const later = await refresh(client, tokens.refreshToken);
  expect(await lives()).toMatchObject({ idle: 10 * DAY, total: 20 * DAY });
  app.clock.advance(9 * DAY);
  const last = await refresh(client, later.refreshToken);
  const { id } = await client.startStepUp({}, last.accessToken);
  const step = await client.attempt(id, { totp: client.totp(secret) }, last.accessToken);
  expect(step.status).toBe('NEEDS_PROOF'); // the password is old as well
  const row = await lives();
  expect((row?.idle ?? 0) + (row?.seen ?? 0)).toBeCloseTo(20 * DAY, 3);
});
