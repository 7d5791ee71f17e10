// The path of a new user, end to end over HTTP.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from './harness/app.ts';
import { TestClient } from './harness/client.ts';

const GUARDED = '{ viewer { auditEvents { type } } }';

describe('the main path', () => {
  let app: TestApp;
  let client: TestClient;

  beforeAll(async () => {
    app = await startTestApp();
    client = new TestClient(app);
  });
  afterAll(() => app[Symbol.asyncDispose]());

  test('a guarded field tells a user without a second factor to enroll, and a session without a proof to step up', async () => {
    const first = await client.signUp();
    const refused = await client.graphql(GUARDED, {}, first.accessToken);
    expect(refused.errors[0]?.extensions.code).toBe('ENROLLMENT_REQUIRED');

    const second = await client.signIn(first);
    const { secret } = await client.enrollTotp(second.accessToken);
    app.clock.advance(30);
    const third = await client.signIn(first, { totp: client.totp(secret) });
    expect((await client.graphql(GUARDED, {}, third.accessToken)).errors).toEqual([]);

    const again = await client.graphql(GUARDED, {}, first.accessToken);
    expect(again.errors[0]?.extensions.code).toBe('STEP_UP_REQUIRED');
    app.clock.advance(30);
    const stepUp = await client.startStepUp({ maxAge: 600 }, first.accessToken);
    const done = await client.attempt(stepUp.id, { totp: client.totp(secret) }, first.accessToken);
    expect(done.status).toBe('COMPLETE');
    const given = await client.graphql(GUARDED, {}, done.session?.accessToken);
    expect(given.errors).toEqual([]);
    expect(given.data.viewer.auditEvents.length).toBeGreaterThan(0);
  });
});
