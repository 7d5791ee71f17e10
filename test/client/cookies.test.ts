// Cookie mode: the browser holds the tokens, and the client never sees one.
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { createStepgateClient, type StepgateClientOptions } from '../../src/client/index.ts';
import { startTestApp, type TestApp } from '../harness/app.ts';
import { PASSWORD, TestClient } from '../harness/client.ts';
import { codesOf, guarded, NEW_CODES, VIEWER } from './people.ts';

let app: TestApp;
let server: TestClient;

beforeAll(async () => {
  app = await startTestApp();
  server = new TestClient(app);
});
afterAll(() => app[Symbol.asyncDispose]());

/** What a browser does with cookies: it keeps them, and sends them where a request asks for it. */
class Browser {
  readonly jar = new Map<string, string>();
  readonly bodies: string[] = [];
  readonly seen: string[] = [];

  readonly fetch = async (url: string, init: RequestInit): Promise<Response> => {
    this.bodies.push(init.body as string);
    const headers = new Headers(init.headers);
    expect(headers.has('authorization')).toBe(false);
    const cookies = [...this.jar].map(([name, value]) => `${name}=${value}`).join('; ');
    if (init.credentials === 'include' && cookies !== '') headers.set('cookie', cookies);
    const response = await fetch(url, { ...init, headers });
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (line.includes('Max-Age=0')) this.jar.delete(name);
      else this.jar.set(name, value);
    }
    const text = await response.text();
    this.seen.push(text);
    return new Response(text, { status: response.status, headers: response.headers });
  };

  count(text: string): number {
    return this.bodies.filter((body) => body.includes(text)).length;
  }
}

async function signedIn(email: string, second: object | null, options: Partial<StepgateClientOptions> = {}) {
  const browser = new Browser();
  const client = createStepgateClient({
    url: `${app.url}/graphql`,
    mode: 'cookie',
    fetch: browser.fetch,
    ...options,
  });
  const { data } = await client.request<{ startSignIn: { id: string } }>(
    'mutation ($identifier: String!) { startSignIn(input: { identifier: $identifier }) { ... on SignIn { id } } }',
    { identifier: email },
  );
  for (const proof of [{ password: PASSWORD }, ...(second === null ? [] : [second])]) {
    await client.request(
      `mutation ($input: AttemptFactorInput!) {
        attemptFactor(input: $input) { ... on SignIn { session { accessToken refreshToken } } }
      }`,
      { input: { workflowId: data?.startSignIn.id, proof } },
    );
  }
  return { client, browser };
}

describe('a client in cookie mode', () => {
  test('is signed in by cookies, and holds no token itself', async () => {
    const { email } = await server.signUp();
    const { client, browser } = await signedIn(email, null);
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
    const { client, browser } = await signedIn(email, null);
    app.clock.advance(700);
    const answers = await Promise.all(Array.from({ length: 50 }, () => client.request(VIEWER)));
    expect(answers.flatMap(codesOf)).toEqual([]);
    expect(browser.count('refreshSession')).toBe(1);
  });

  test('never uses a refresh token twice with another tab', async () => {
    const { email } = await server.signUp();
    const { client, browser } = await signedIn(email, null);
    const other = createStepgateClient({ url: `${app.url}/graphql`, mode: 'cookie', fetch: browser.fetch });
    for (let hour = 0; hour < 3; hour += 1) {
      app.clock.advance(3600);
      const answers = await Promise.all([client, other, client, other].map((one) => one.request(VIEWER)));
      expect(answers.flatMap(codesOf)).toEqual([]);
    }
  });

  test('steps up, and sends the mutation again once', async () => {
    const { person, backupCodes } = await guarded(server);
    const onStepUp = vi.fn(({ workflow }) => workflow.attempt({ backupCode: backupCodes[1] }));
    const { client, browser } = await signedIn(person.email, { backupCode: backupCodes[0] }, { onStepUp });
    app.clock.advance(3600); // its proof is old, and its token as well
    const { data } = await client.request<{ regenerateBackupCodes: object }>(NEW_CODES);
    expect(data?.regenerateBackupCodes).toBeTruthy();
    expect(onStepUp).toHaveBeenCalledTimes(1);
    expect(browser.count('refreshSession')).toBe(1);
    expect(browser.count('regenerateBackupCodes')).toBe(3); // expired, refused, done
    app.clock.advance(700);
    expect(codesOf(await client.request(VIEWER))).toEqual([]);
  });

  test('signs out: the cookies are gone, and the device stays known', async () => {
    const { email } = await server.signUp();
    const onSignedOut = vi.fn();
    const { client, browser } = await signedIn(email, null, { onSignedOut });
    await client.signOut();
    expect([...browser.jar.keys()]).toEqual(['__Host-stepgate-device']);
    expect(codesOf(await client.request(VIEWER))).toEqual(['UNAUTHENTICATED']);
    expect(onSignedOut).not.toHaveBeenCalled();
  });

  test('is told once that its session was ended elsewhere', async () => {
    const person = await server.signUp();
    const onSignedOut = vi.fn();
    const { client } = await signedIn(person.email, null, { onSignedOut });
    await client.request(VIEWER);
    await server.graphql('mutation { revokeOtherSessions { count } }', {}, person.accessToken);
    for (let asked = 0; asked < 3; asked += 1)
      expect(codesOf(await client.request(VIEWER))).toEqual(['UNAUTHENTICATED']);
    expect(onSignedOut).toHaveBeenCalledTimes(1);
  });
});
