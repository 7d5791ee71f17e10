// Hybrid mode: the refresh token is a cookie, and the access token is in memory, for the application's own APIs.
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { startTestApp, type TestApp } from '../harness/app.ts';
import { TestClient } from '../harness/client.ts';
import { Browser, openTab, signIn, signInThere, stubPage } from './browser.ts';
import { AUDIT_EVENTS, codesOf, guarded, VIEWER } from './people.ts';

let app: TestApp;
let server: TestClient;
const mode = 'hybrid';

beforeAll(async () => {
  app = await startTestApp();
  server = new TestClient(app);
});
afterEach(() => vi.unstubAllGlobals());
afterAll(() => app[Symbol.asyncDispose]());

describe('a client in hybrid mode', () => {
  test('presents its access token to other APIs, and scripts never see the refresh token', async () => {
    const { client, browser } = await signIn(app, (await server.signUp()).email, null, { mode });
    const presented = await client.perform({ kind: 'query', query: VIEWER }, async (credentials) => ({
      data: credentials,
    }));
    expect(presented.data).toMatchObject({
      headers: { authorization: `Bearer ${await client.accessToken()}` },
      cookies: false,
    });
    expect([...browser.jar.keys()].toSorted()).toEqual(['__Host-stepgate-device', '__Host-stepgate-refresh']);
    for (const secret of browser.jar.values()) expect(browser.seen.join('')).not.toContain(secret);
  });

  test('is signed in again after a reload, with one refresh for parallel requests', async () => {
    const { browser } = await signIn(app, (await server.signUp()).email, null, { mode });
    const before = browser.count('refreshSession');
    const { client } = openTab(app, browser, { mode });
    const answers = await Promise.all(Array.from({ length: 20 }, () => client.request(VIEWER)));
    expect(answers.flatMap(codesOf)).toEqual([]);
    expect(browser.count('refreshSession')).toBe(before + 1);
  });

  test('without a session sends no credentials, and refreshes once', async () => {
    const onSignedOut = vi.fn();
    const { client, browser } = openTab(app, new Browser(), { mode, onSignedOut });
    for (let asked = 0; asked < 3; asked += 1)
      expect(codesOf(await client.request(VIEWER))).toEqual(['UNAUTHENTICATED']);
    expect(await client.accessToken()).toBeNull();
    expect(browser.count('refreshSession')).toBe(1);
    expect(onSignedOut).toHaveBeenCalledTimes(1);
  });

  test('never uses a refresh token twice together with another tab', async () => {
    const { client, browser } = await signIn(app, (await server.signUp()).email, null, { mode });
    const { client: other } = openTab(app, browser, { mode });
    for (let hour = 0; hour < 3; hour += 1) {
      app.clock.advance(3600);
      const answers = await Promise.all([client, other, client, other].map((one) => one.request(VIEWER)));
      expect(answers.flatMap(codesOf)).toEqual([]);
    }
  });

  test('steps up, and another tab refreshes to the new token before its next request', async () => {
    stubPage();
    const { person, backupCodes } = await guarded(server);
    const { client, browser } = await signIn(
      app,
      person.email,
      { backupCode: backupCodes[0] },
      { mode, onStepUp: ({ workflow }) => workflow.attempt({ backupCode: backupCodes[1] ?? '' }) },
    );
    const { client: other } = openTab(app, browser, { mode });
    app.clock.advance(3600);
    expect(codesOf(await other.request(AUDIT_EVENTS))).toEqual(['STEP_UP_REQUIRED']);
    expect(codesOf(await client.request(AUDIT_EVENTS))).toEqual([]);
    await new Promise((resolve) => setTimeout(resolve, 50)); // the notification is in transit
    const refused = browser.seen.filter((body) => body.includes('STEP_UP_REQUIRED')).length;
    expect(codesOf(await other.request(AUDIT_EVENTS))).toEqual([]);
    expect(browser.seen.filter((body) => body.includes('STEP_UP_REQUIRED'))).toHaveLength(refused);
  });

  test('signs out in every tab, and removes the refresh cookie', async () => {
    stubPage();
    const { client, browser } = await signIn(app, (await server.signUp()).email, null, { mode });
    const onSignedOut = vi.fn();
    const { client: other } = openTab(app, browser, { mode, onSignedOut });
    expect(codesOf(await other.request(VIEWER))).toEqual([]);
    await client.signOut();
    await vi.waitFor(() => expect(onSignedOut).toHaveBeenCalledTimes(1));
    expect(await other.accessToken()).toBeNull();
    expect([...browser.jar.keys()]).toEqual(['__Host-stepgate-device']);
  });

  test('completes an offline sign-out after a reload, without signing the user in again', async () => {
    stubPage();
    const { client, browser } = await signIn(app, (await server.signUp()).email, null, { mode });
    browser.isOffline = true;
    await expect(client.signOut()).rejects.toThrow('fetch failed');
    const { client: reloaded } = openTab(app, browser, { mode });
    expect(await reloaded.accessToken()).toBeNull();
    browser.isOffline = false;
    expect(codesOf(await reloaded.request(VIEWER))).toEqual(['UNAUTHENTICATED']);
    expect([...browser.jar.keys()]).toEqual(['__Host-stepgate-device']);
  });

  test('does not end, by an unfinished sign-out, the session that another tab has started since', async () => {
    stubPage();
    const first = await signIn(app, (await server.signUp()).email, null, { mode });
    first.browser.isOffline = true;
    await expect(first.client.signOut()).rejects.toThrow('fetch failed');
    first.browser.isOffline = false;
    const second = openTab(app, first.browser, { mode });
    await signInThere(second, (await server.signUp()).email);
    expect(codesOf(await first.client.request(VIEWER))).toEqual([]);
    expect(codesOf(await second.client.request(VIEWER))).toEqual([]);
  });

  test('does not repeat an operation as a different user who has signed in in another tab', async () => {
    const tab = await signIn(app, (await server.signUp()).email, null, { mode });
    const somebodyElse = (await server.signUp()).email;
    let sent = 0;
    const answer = await tab.client.perform({ kind: 'query', query: '' }, async () => {
      sent += 1;
      await signInThere(openTab(app, tab.browser, { mode }), somebodyElse);
      return { errors: [{ message: '', extensions: { code: 'UNAUTHENTICATED' } }] };
    });
    expect(codesOf(answer)).toEqual(['UNAUTHENTICATED']);
    expect(sent).toBe(1);
  });
});
