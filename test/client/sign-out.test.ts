// A sign-out ends the session on the server, with retries if needed, and all tabs notice it.
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import type { TokenStore } from '../../src/client/index.ts';
import { startTestApp, type TestApp } from '../harness/app.ts';
import { TestClient } from '../harness/client.ts';
import { isAlive } from '../sessions/operations.ts';
import { Browser, openTab, signIn, signInThere, stubPage } from './browser.ts';
import { clientOf, codesOf, lasting, Network, VIEWER } from './people.ts';

let app: TestApp;
let server: TestClient;

beforeAll(async () => {
  app = await startTestApp();
  server = new TestClient(app);
});
afterAll(() => app[Symbol.asyncDispose]());
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

/** A network that can be disconnected, or whose server can fail. */
class Line {
  readonly network = new Network();
  isDown = false;
  /** The code with which the server refuses sign-outs. */
  refusal: string | null = null;

  readonly fetch = async (url: string, init: RequestInit): Promise<Response> => {
    if (this.isDown) throw new TypeError('fetch failed');
    if (this.refusal !== null && (init.body as string).includes('signOut')) {
      const errors = [{ message: 'Refused.', extensions: { code: this.refusal } }];
      return Response.json({ data: { signOut: null }, errors });
    }
    return this.network.fetch(url, init);
  };
}

describe('a sign-out that does not reach the server', () => {
  test('is completed after a reload, without signing the user in again', async () => {
    const person = await server.signUp();
    const [line, tokens] = [new Line(), lasting()];
    const { client } = await clientOf(app, person, { fetch: line.fetch, tokens });
    line.isDown = true;
    await expect(client.signOut()).rejects.toThrow('fetch failed');
    expect(await client.accessToken()).toBeNull();
    expect(await isAlive(server, person.accessToken)).toBe(true);

    const offline = await clientOf(app, null, { fetch: line.fetch, tokens });
    expect(await offline.client.accessToken()).toBeNull();

    line.isDown = false;
    await clientOf(app, null, { fetch: line.fetch, tokens }); // the reload alone
    await vi.waitFor(() => expect(tokens.held).toBeNull());
    expect(await isAlive(server, person.accessToken)).toBe(false);
  });

  test('is completed before the next request, which is sent without credentials', async () => {
    const person = await server.signUp();
    const line = new Line();
    const { client } = await clientOf(app, person, { fetch: line.fetch });
    line.isDown = true;
    await expect(client.signOut()).rejects.toThrow('fetch failed');
    line.isDown = false;
    expect(codesOf(await client.request(VIEWER))).toEqual(['UNAUTHENTICATED']);
    expect(await isAlive(server, person.accessToken)).toBe(false);
    expect(line.network.sent.at(-1)?.headers.has('authorization')).toBe(false);
    const { length } = line.network.sent;
    await client.request(VIEWER);
    expect(line.network.sent).toHaveLength(length + 1); // completed, so it is not retried
  });

  test('is completed when the device is online again', async () => {
    const page = stubPage();
    const person = await server.signUp();
    const line = new Line();
    const { client } = await clientOf(app, person, { fetch: line.fetch });
    line.isDown = true;
    await expect(client.signOut()).rejects.toThrow('fetch failed');
    page.goOnline();
    await new Promise((resolve) => setTimeout(resolve, 50)); // the network was still down
    line.isDown = false;
    page.goOnline();
    await vi.waitFor(async () => expect(await isAlive(server, person.accessToken)).toBe(false));
  });

  test('is completed with the refreshed tokens of its last attempt', async () => {
    const person = await server.signUp();
    const [line, tokens] = [new Line(), lasting()];
    const { client } = await clientOf(app, person, { fetch: line.fetch, tokens });
    app.clock.advance(700); // the access token has expired, so the refresh token is needed
    line.refusal = 'SERVICE_UNAVAILABLE';
    await expect(client.signOut()).rejects.toThrow('SERVICE_UNAVAILABLE');
    const before = tokens.held?.refreshToken;
    await client.request(VIEWER); // refreshes, and is refused again
    expect(tokens.held).toMatchObject({
      accessToken: '',
      refreshToken: expect.not.stringMatching(before ?? ''),
    });
    line.refusal = null;
    await client.request(VIEWER);
    expect(tokens.held).toBeNull();
    expect(await sessionsOf(person)).toBe(0);
  });

  test('does not end a session started later', async () => {
    const person = await server.signUp();
    const [line, tokens] = [new Line(), lasting()];
    const { client } = await clientOf(app, person, { fetch: line.fetch, tokens });
    line.isDown = true;
    await expect(client.signOut()).rejects.toThrow('fetch failed');
    const next = await server.signIn(person);
    await client.setSession(next);
    line.isDown = false;
    expect(codesOf(await client.request(VIEWER))).toEqual([]);
    expect(await isAlive(server, next.accessToken)).toBe(true);
  });
});

async function sessionsOf({ email, password }: { email: string; password: string }): Promise<number> {
  const { accessToken } = await server.signIn({ email, password });
  const { data } = await server.graphql('{ viewer { sessions { isCurrent } } }', {}, accessToken);
  return data.viewer.sessions.filter(({ isCurrent }: { isCurrent: boolean }) => !isCurrent).length;
}

describe('a sign-out that the server refuses', () => {
  test('rejects with the code, forgets the tokens, and can be retried', async () => {
    const person = await server.signUp();
    const line = new Line();
    const onSignedOut = vi.fn();
    const { client } = await clientOf(app, person, { fetch: line.fetch, onSignedOut });
    line.refusal = 'INTERNAL_SERVER_ERROR';
    await expect(client.signOut()).rejects.toMatchObject({
      code: 'UNEXPECTED_ANSWER',
      message: expect.stringContaining('INTERNAL_SERVER_ERROR'),
    });
    expect(await client.accessToken()).toBeNull();
    line.refusal = null;
    await client.signOut();
    expect(await sessionsOf(person)).toBe(0);
    expect(onSignedOut).not.toHaveBeenCalled();
  });

  test('because the session has already ended succeeds', async () => {
    const person = await server.signUp();
    const { client, network } = await clientOf(app, person);
    const other = await server.signIn(person);
    await server.graphql('mutation { revokeOtherSessions { count } }', {}, other.accessToken);
    await client.signOut();
    expect(await client.accessToken()).toBeNull();
    expect(network.count('signOut')).toBe(1);
    expect(network.count('refreshSession')).toBe(1);
  });
});

test('a step-up that completes after a sign-out does not sign the user in again, and the session ends', async () => {
  const person = await server.signUp();
  const { secret } = await server.enrollTotp((await server.signIn(person)).accessToken);
  const tokens = lasting();
  // The store is slow to record the sign-out, so the proof is sent with the old tokens.
  const slow: TokenStore = {
    get: () => tokens.get(),
    clear: () => tokens.clear(),
    set: async (next) => {
      if (next.accessToken === '') await new Promise((resolve) => setTimeout(resolve, 50));
      tokens.set(next);
    },
  };
  let leaving: Promise<void> | undefined;
  const { client, network } = await clientOf(app, person, {
    tokens: slow,
    onStepUp: async ({ workflow }) => {
      app.clock.advance(30);
      leaving = client.signOut();
      await workflow.attempt({ totp: server.totp(secret) });
    },
  });
  await client.request('{ viewer { auditEvents { type } } }');
  await leaving;
  expect(network.sent.findIndex(({ body }) => body.query.includes('attemptFactor'))).toBeLessThan(
    network.sent.findIndex(({ body }) => body.query.includes('signOut')),
  );
  expect(tokens.held).toBeNull();
  expect(codesOf(await server.graphql(VIEWER, {}, person.accessToken))).toEqual(['UNAUTHENTICATED']);
});

describe('with cookies', () => {
  test('an offline sign-out is completed after a reload, without signing the user in again', async () => {
    stubPage();
    const person = await server.signUp();
    const { client, browser } = await signIn(app, person.email, null);
    browser.isOffline = true;
    await expect(client.signOut()).rejects.toThrow('fetch failed');
    expect(browser.jar.has('__Host-stepgate-refresh')).toBe(true); // scripts cannot delete them

    const { client: reloaded } = openTab(app, browser);
    await expect(reloaded.request(VIEWER)).rejects.toThrow('fetch failed');
    browser.isOffline = false;
    expect(codesOf(await reloaded.request(VIEWER))).toEqual(['UNAUTHENTICATED']);
    expect([...browser.jar.keys()]).toEqual(['__Host-stepgate-device']);
    expect(await sessionsOf(person)).toBe(1); // the session of the sign-up
  });

  test('requests to other APIs after an offline sign-out are sent without cookies', async () => {
    stubPage();
    const { client, browser } = await signIn(app, (await server.signUp()).email, null);
    browser.isOffline = true;
    await expect(client.signOut()).rejects.toThrow('fetch failed');
    const presented: unknown[] = [];
    await client.perform({ kind: 'query', query: VIEWER }, async ({ cookies }) => {
      presented.push(cookies);
      return {};
    });
    expect(presented).toEqual([false]);
  });

  test('the next sign-in completes an offline sign-out first and stays signed in', async () => {
    stubPage();
    const tab = await signIn(app, (await server.signUp()).email, null);
    tab.browser.isOffline = true;
    await expect(tab.client.signOut()).rejects.toThrow('fetch failed');
    tab.browser.isOffline = false;
    await signInThere(tab, (await server.signUp()).email);
    expect(codesOf(await tab.client.request(VIEWER))).toEqual([]);
    app.clock.advance(700);
    expect(codesOf(await tab.client.request(VIEWER))).toEqual([]);
  });

  test('without localStorage, the page remembers an offline sign-out', async () => {
    stubPage();
    vi.stubGlobal('localStorage', undefined);
    const { client, browser } = await signIn(app, (await server.signUp()).email, null);
    browser.isOffline = true;
    await expect(client.signOut()).rejects.toThrow('fetch failed');
    browser.isOffline = false;
    expect(codesOf(await client.request(VIEWER))).toEqual(['UNAUTHENTICATED']);
    expect([...browser.jar.keys()]).toEqual(['__Host-stepgate-device']);
  });
});

describe('another tab', () => {
  test('is notified once of a sign-out with cookies', async () => {
    stubPage();
    const { client, browser } = await signIn(app, (await server.signUp()).email, null);
    const onSignedOut = vi.fn();
    const { client: other } = openTab(app, browser, { onSignedOut });
    expect(codesOf(await other.request(VIEWER))).toEqual([]);
    await client.signOut();
    await vi.waitFor(() => expect(onSignedOut).toHaveBeenCalledTimes(1));
    expect(codesOf(await other.request(VIEWER))).toEqual(['UNAUTHENTICATED']);
    expect(onSignedOut).toHaveBeenCalledTimes(1);
  });

  test('is notified of an offline sign-out, and sends nothing as the signed-out user', async () => {
    stubPage();
    const { client, browser } = await signIn(app, (await server.signUp()).email, null);
    const onSignedOut = vi.fn();
    const { client: other } = openTab(app, browser, { onSignedOut });
    browser.isOffline = true;
    await expect(client.signOut()).rejects.toThrow('fetch failed');
    await vi.waitFor(() => expect(onSignedOut).toHaveBeenCalledTimes(1));
    browser.isOffline = false;
    expect(codesOf(await other.request(VIEWER))).toEqual(['UNAUTHENTICATED']);
  });

  test('with the same token store is notified of a sign-out, and one with its own store stays signed in', async () => {
    stubPage();
    const person = await server.signUp();
    const store = lasting();
    const [shares, ownsOne] = [vi.fn(), vi.fn()];
    const { client } = await clientOf(app, person, { tokens: store });
    const sharing = await clientOf(app, null, { tokens: store, onSignedOut: shares });
    const other = await clientOf(app, await server.signIn(person), {
      tokens: lasting(),
      onSignedOut: ownsOne,
    });
    await sharing.client.accessToken();
    await client.signOut();
    await vi.waitFor(() => expect(shares).toHaveBeenCalledTimes(1));
    expect(codesOf(await other.client.request(VIEWER))).toEqual([]);
    expect(ownsOne).not.toHaveBeenCalled();
  });

  test('can sign in, and this tab refreshes the new session like its own', async () => {
    stubPage();
    const browser = new Browser();
    const nobody = openTab(app, browser);
    expect(codesOf(await nobody.client.request(VIEWER))).toEqual(['UNAUTHENTICATED']);
    const signingIn = openTab(app, browser);
    await signingIn.client.request(VIEWER); // so that it also knows that nobody is signed in
    await signInThere(signingIn, (await server.signUp()).email);
    await new Promise((resolve) => setTimeout(resolve, 50)); // the notification is in transit
    app.clock.advance(700);
    expect(codesOf(await nobody.client.request(VIEWER))).toEqual([]);
  });
});

test('on a server with one client per user, a sign-out does not affect other users', async () => {
  const [alice, bob] = [await server.signUp(), await server.signUp()];
  const onSignedOut = vi.fn();
  const forAlice = await signIn(app, alice.email, null);
  const forBob = await signIn(app, bob.email, null, { onSignedOut });
  forAlice.browser.isOffline = true;
  await expect(forAlice.client.signOut()).rejects.toThrow('fetch failed');
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(onSignedOut).not.toHaveBeenCalled();
  expect(codesOf(await forBob.client.request(VIEWER))).toEqual([]);
});
