// A step-up gives a session new tokens while other requests use the old ones.
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

// Whichever is first: after the step-up the token of the refresh is void, and after the refresh the access token is not
// the newest one any more, so the step-up hands out no refresh token and the refreshed one stays.
test('a refresh and a step-up at the same moment leave one live refresh token, and the session lives', async () => {
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
    current = await refresh(client, current.refreshToken); // its answer was lost
  }
});
