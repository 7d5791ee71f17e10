// A step-up issues new tokens of a session while other requests still use the old ones.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../harness/app.ts';
import { TestClient } from '../harness/client.ts';
import { query } from '../harness/sql.ts';
import { refresh } from './operations.ts';

let app: TestApp;
let client: TestClient;

beforeAll(async () => {
  app = await startTestApp();
  client = new TestClient(app);
});
afterAll(() => app[Symbol.asyncDispose]());

// If the step-up is first, the token of the refresh is invalid. If the refresh is first, the access token is no longer
// the newest, so the step-up returns no refresh token and the refreshed one stays valid.
test('a refresh and a parallel step-up leave one valid refresh token and an active session', async () => {
  const person = await client.signUp();
  const { secret, tokens } = await client.enrollTotp(person.accessToken);
  let current = tokens;
  for (let round = 0; round < 10; round += 1) {
    app.clock.advance(30);
    const { id } = await client.startStepUp({}, current.accessToken);
    const [refreshed, stepUp] = await Promise.all([
      refresh(client, current.refreshToken),
      client.attempt(id, { totp: client.totp(secret) }, current.accessToken),
    ]);
    const live = await query(app.databaseUrl, 'select digest from refresh_token where used_at is null');
    expect(live.length, `round ${round}`).toBe(1);
    expect(stepUp.status).toBe('COMPLETE');
    current = stepUp.session?.refreshToken ? stepUp.session : refreshed;
    expect((await refresh(client, current.refreshToken)).__typename).toBe('SessionGrant');
    current = await refresh(client, current.refreshToken); // its response was lost
  }
});
