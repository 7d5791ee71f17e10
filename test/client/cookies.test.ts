// Cookie mode: the browser holds the tokens, and the client never sees them.
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { createStepgateClient } from '../../src/client/index.ts';
import { startTestApp, type TestApp } from '../harness/app.ts';
import { TestClient } from '../harness/client.ts';
import { Browser, openTab, signIn, signInThere } from './browser.ts';
import { codesOf, guarded, NEW_CODES, VIEWER } from './people.ts';

let app: TestApp;
let server: TestClient;

beforeAll(async () => {
  app = await startTestApp();
  server = new TestClient(app);
});
afterAll(() => app[Symbol.asyncDispose]());

describe('a client in cookie mode', () => {
  test('is signed in by cookies and holds no token', async () => {
    const { email } = await server.signUp();
    const { client, browser } = await signIn(app, email, null);
    expect(codesOf(await client.request(VIEWER))).toEqual([]);
    expect(await client.accessToken()).toBeNull();
    expect([...browser.jar.keys()].toSorted()).toEqual([
      '__Host-stepgate-access',
      '__Host-stepgate-device',
      '__Host-stepgate-refresh',
    ]);
    for (const token of browser.jar.values()) expect(browser.seen.join('')).not.toContain(token);
  });

  test('refreshes once for fifty parallel requests', async () => {
    const { email } = await server.signUp();
    const { client, browser } = await signIn(app, email, null);
    app.clock.advance(700);
    const answers = await Promise.all(Array.from({ length: 50 }, () => client.request(VIEWER)));
    expect(answers.flatMap(codesOf)).toEqual([]);
    expect(browser.count('refreshSession')).toBe(1);
  });

  test('never uses a refresh token twice together with another tab', async () => {
    const { email } = await server.signUp();
    const { client, browser } = await signIn(app, email, null);
    const other = createStepgateClient({ url: `${app.url}/graphql`, mode: 'cookie', fetch: browser.fetch });
    for (let hour = 0; hour < 3; hour += 1) {
      app.clock.advance(3600);
      const answers = await Promise.all([client, other, client, other].map((one) => one.request(VIEWER)));
      expect(answers.flatMap(codesOf)).toEqual([]);
    }
  });

  test('steps up and sends the mutation again once', async () => {
    const { person, backupCodes } = await guarded(server);
    const onStepUp = vi.fn(({ workflow }) => workflow.attempt({ backupCode: backupCodes[1] }));
    const { client, browser } = await signIn(app, person.email, { backupCode: backupCodes[0] }, { onStepUp });
    app.clock.advance(3600); // both the proof and the token have expired
    const { data } = await client.request<{ regenerateBackupCodes: object }>(NEW_CODES);
    expect(data?.regenerateBackupCodes).toBeTruthy();
    expect(onStepUp).toHaveBeenCalledTimes(1);
    expect(browser.count('refreshSession')).toBe(1);
    expect(browser.count('regenerateBackupCodes')).toBe(3); // expired, refused, done
    app.clock.advance(700);
    expect(codesOf(await client.request(VIEWER))).toEqual([]);
  });

  test('removes the session cookies at sign-out and keeps the device cookie', async () => {
    const { email } = await server.signUp();
    const onSignedOut = vi.fn();
    const { client, browser } = await signIn(app, email, null, { onSignedOut });
    await client.signOut();
    expect([...browser.jar.keys()]).toEqual(['__Host-stepgate-device']);
    expect(codesOf(await client.request(VIEWER))).toEqual(['UNAUTHENTICATED']);
    expect(onSignedOut).not.toHaveBeenCalled();
  });

  test('without a session tries to refresh only once, however often requests are refused', async () => {
    const onSignedOut = vi.fn();
    const { client, browser } = openTab(app, new Browser(), { onSignedOut });
    for (let asked = 0; asked < 3; asked += 1) {
      const answers = await Promise.all([client.request(VIEWER), client.request(NEW_CODES)]);
      expect(answers.map(codesOf)).toEqual([['UNAUTHENTICATED'], ['UNAUTHENTICATED']]);
    }
    expect(browser.count('refreshSession')).toBe(1);
    expect(onSignedOut).toHaveBeenCalledTimes(1);
    await client.signOut();
    expect(browser.count('signOut')).toBe(0);
  });

  test('refreshes again after a later sign-in', async () => {
    const tab = openTab(app, new Browser());
    expect(codesOf(await tab.client.request(VIEWER))).toEqual(['UNAUTHENTICATED']);
    await signInThere(tab, (await server.signUp()).email);
    app.clock.advance(700);
    expect(codesOf(await tab.client.request(VIEWER))).toEqual([]);
  });

  test('does not repeat an operation as a different user who has signed in in another tab', async () => {
    const tab = await signIn(app, (await server.signUp()).email, null);
    app.clock.advance(700);
    expect(codesOf(await tab.client.request(VIEWER))).toEqual([]); // now it knows whose session it is
    const somebodyElse = (await server.signUp()).email;
    let sent = 0;
    const answer = await tab.client.perform({ kind: 'query', query: '' }, async () => {
      sent += 1;
      await signInThere(openTab(app, tab.browser), somebodyElse);
      return { errors: [{ message: '', extensions: { code: 'UNAUTHENTICATED' } }] };
    });
    expect(codesOf(answer)).toEqual(['UNAUTHENTICATED']);
    expect(sent).toBe(1);
  });

  test('calls onSignedOut once when its session is revoked elsewhere', async () => {
    const person = await server.signUp();
    const onSignedOut = vi.fn();
    const { client } = await signIn(app, person.email, null, { onSignedOut });
    await client.request(VIEWER);
    await server.graphql('mutation { revokeOtherSessions { count } }', {}, person.accessToken);
    for (let asked = 0; asked < 3; asked += 1)
      expect(codesOf(await client.request(VIEWER))).toEqual(['UNAUTHENTICATED']);
    expect(onSignedOut).toHaveBeenCalledTimes(1);
  });
});
