// A step-up gives a session new tokens while other requests use the old ones.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../harness/app.ts';
import { TestClient } from '../harness/client.ts';
import { query } from '../harness/sql.ts';

let app: TestApp;
let client: TestClient;

beforeAll(async () => {
  app = await startTestApp();
  client = new TestClient(app);
});
afterAll(() => app[Symbol.asyncDispose]());

test('a refresh and a step-up at the same moment leave one live refresh token, and the session lives', async () => {
  const person = await client.signUp();
  const { secret, tokens } = await client.enrollTotp(person.accessToken);
  let current = tokens;
  for (let round = 0; round < 10; round += 1) {
    app.clock.advance(30);
    const { id } = await client.startStepUp({}, current.accessToken);
    const [, stepUp] = await Promise.all([
      client.graphql('mutation ($t: String) { refreshSession(input: { refreshToken: $t }) { __typename } }', {
        t: current.refreshToken,
      }),
      client.attempt(id, { totp: client.totp(secret) }, current.accessToken),
    ]);
    const live = await query(app.databaseUrl, 'select digest from refresh_token where used_at is null');
    expect(live.length, `round ${round}`).toBe(1);
    expect(stepUp.status).toBe('COMPLETE');
    current = stepUp.session ?? current;
  }
});
