// Back-channel logout (OpenID Connect Back-Channel Logout 1.0): by a real provider, and with tokens that it would not send.
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { importJWK, type JWK, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TestApp } from '../../harness/app.ts';
import { TestClient } from '../../harness/client.ts';
import { CLIENT_ID, IdentityProvider, newKeys } from '../../harness/identity-provider.ts';
import { ScriptedBrowser } from '../../harness/provider-visit.ts';
import { appWith, attempt, callback, entry, native, type Reply, visit } from './visits.ts';

const EVENT = 'http://schemas.openid.net/event/backchannel-logout';

let keys: Awaited<ReturnType<typeof newKeys>>;
let provider: IdentityProvider;
let app: TestApp;
let client: TestClient;
/** The provider knows one address of the server before the server has a port. */
let relay: Server;
const relayed: { status: number; token: string }[] = [];

beforeAll(async () => {
  relay = createServer((request, response) => {
    void text(request).then(async (body) => {
      const { status } = await post(body);
      relayed.push({ status, token: new URLSearchParams(body).get('logout_token') ?? '' });
      response.writeHead(status).end();
    });
  });
  relay.listen(0, '127.0.0.1');
  await once(relay, 'listening');
  keys = await newKeys('first');
  const logoutUri = `http://127.0.0.1:${(relay.address() as AddressInfo).port}/`;
  provider = await IdentityProvider.start(
    { redirectUris: [callback('work'), native('work')], logoutUri },
    keys,
  );
  provider.remembers = true;
  app = await appWith([entry('work', provider, { signUp: 'always' })]);
  client = new TestClient(app);
});
afterAll(async () => {
  await app[Symbol.asyncDispose]();
  await provider[Symbol.asyncDispose]();
  relay.close();
});

const post = (body: string, path = '/logout/work') =>
  fetch(`${app.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body,
  });
const send = (token: string) => post(new URLSearchParams({ logout_token: token }).toString());

async function signIn(browser = new ScriptedBrowser(app)): Promise<Reply> {
  const { id } = await client.startSignIn({});
  const { proof } = await visit(client, id, 'work', { browser });
  return attempt(client, id, proof);
}

async function lives({ session }: Reply): Promise<boolean> {
  const { data } = await client.graphql('{ viewer { id } }', {}, session?.accessToken);
  return data?.viewer != null;
}

async function tokenWith(change: Record<string, unknown> = {}, typ = 'logout+jwt'): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    iss: provider.issuer,
    aud: CLIENT_ID,
    iat: now,
    exp: now + 120,
    jti: randomUUID(),
    sub: provider.visitor.sub,
    events: { [EVENT]: {} },
    ...change,
  };
  const header = { alg: 'RS256', kid: 'first', typ };
  return new SignJWT(JSON.parse(JSON.stringify(claims)))
    .setProtectedHeader(header)
    .sign(await importJWK(keys.keys[0] as JWK));
}

test('a logout at the provider ends the session that began there, and no other one', async () => {
  provider.visitor = { sub: randomUUID() };
  const browser = new ScriptedBrowser(app);
  const [mine, elsewhere] = [await signIn(browser), await signIn()];
  expect([await lives(mine), await lives(elsewhere)]).toEqual([true, true]);
  const page = (await browser.follow(`${provider.issuer}/session/end`)) as Response;
  const xsrf = /name="xsrf" value="([^"]+)"/.exec(await page.text())?.[1] ?? '';
  const body = new URLSearchParams({ xsrf, logout: 'yes' });
  await browser.post(`${provider.issuer}/session/end/confirm`, body);
  await expect.poll(() => relayed.length).toBe(1);
  expect(relayed[0]?.status).toBe(200);
  expect([await lives(mine), await lives(elsewhere)]).toEqual([false, true]);
  // A replay of the same token.
  expect((await send(relayed[0]?.token ?? '')).status).toBe(400);
});

describe('a logout token', () => {
  test('without a session ends all sessions of the user that began there', async () => {
    provider.visitor = { sub: randomUUID() };
    const sessions = [await signIn(), await signIn()];
    const password = await client.signUp();
    expect((await send(await tokenWith())).status).toBe(200);
    expect(await Promise.all(sessions.map(lives))).toEqual([false, false]);
    expect((await client.graphql('{ viewer { id } }', {}, password.accessToken)).data.viewer).not.toBeNull();
  });

  test.each([
    ['of another issuer', { iss: 'https://other.example' }],
    ['for another client', { aud: 'other' }],
    ['that has expired', { exp: 1, iat: 0 }],
    ['that is old', { iat: Math.floor(Date.now() / 1000) - 3600 }],
    ['without jti', { jti: undefined }],
    ['without the event', { events: { other: {} } }],
    ['without a subject', { sub: undefined, sid: 'x' }],
    ['with a nonce, as an ID token has it', { nonce: 'x' }],
  ])('%s is refused', async (_what, change) => {
    provider.visitor = { sub: randomUUID() };
    const session = await signIn();
    const refused = await send(await tokenWith(change));
    expect([refused.status, refused.headers.get('cache-control')]).toEqual([400, 'no-store']);
    expect(await lives(session)).toBe(true);
  });

  test('that is an ID token, unsigned, changed, or used twice is refused', async () => {
    provider.visitor = { sub: randomUUID() };
    let idToken = '';
    provider.tamper = async (body) => {
      idToken = String(body['id_token']);
      return body;
    };
    const session = await signIn();
    provider.tamper = null;
    const [header, payload] = (await tokenWith()).split('.');
    const none = Buffer.from(JSON.stringify({ alg: 'none', typ: 'logout+jwt' })).toString('base64url');
    for (const token of [idToken, `${none}.${payload}.`, `${header}.${payload}.AAAA`, 'x', ''])
      expect((await send(token)).status).toBe(400);
    expect(await lives(session)).toBe(true);
    const token = await tokenWith();
    const statuses = await Promise.all([send(token), send(token), send(token)]);
    expect(statuses.map(({ status }) => String(status)).toSorted()).toEqual(['200', '400', '400']);
  });

  test('ends a sign-in that still waits for the second factor', async () => {
    provider.visitor = { sub: randomUUID() };
    const first = await signIn();
    const { secret } = await client.enrollTotp(first.session?.accessToken ?? '');
    const waiting = await signIn();
    expect(waiting.status).toBe('NEEDS_SECOND_FACTOR');
    expect((await send(await tokenWith())).status).toBe(200);
    expect((await client.attempt(waiting.id, { totp: client.totp(secret, 1) })).code).toBe(
      'WORKFLOW_EXPIRED',
    );
  });

  test('is taken by POST as a form only, of a provider that exists', async () => {
    expect((await fetch(`${app.url}/logout/work`)).status).toBe(405);
    expect((await post('logout_token=x', '/logout/none')).status).toBe(404);
    expect((await fetch(`${app.url}/logout/work`, { method: 'POST', body: '{}' })).status).toBe(415);
    expect((await post(`logout_token=${'x'.repeat(70_000)}`)).status).toBe(413);
  });
});
