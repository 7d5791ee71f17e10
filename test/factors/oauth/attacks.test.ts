// Attacks on sign-ins with identity providers, against two real ones: mix-up, replay, login CSRF, forged tokens, outages.
import { createHmac, generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../../harness/app.ts';
import { TestClient } from '../../harness/client.ts';
import { AheadClock } from '../../harness/clock.ts';
import { CLIENT_SECRET, IdentityProvider, newKeys } from '../../harness/identity-provider.ts';
import { ScriptedBrowser } from '../../harness/provider-visit.ts';
import { query } from '../../harness/sql.ts';
import {
  appWith,
  attempt,
  COOKIES,
  callback,
  entry,
  native,
  prepare,
  providersFile,
  signInWith,
  visit,
  visitInBrowser,
} from './visits.ts';

const optionsOf = (id: string) => ({ redirectUris: [callback(id), native(id)] });
const TRUSTED = { addresses: 'email_verified' };

let a: IdentityProvider;
let b: IdentityProvider;
let app: TestApp;
let client: TestClient;

beforeAll(async () => {
  [a, b] = await Promise.all([
    IdentityProvider.start(optionsOf('a')),
    IdentityProvider.start(optionsOf('b')),
  ]);
  app = await appWith([entry('a', a, TRUSTED), entry('b', b, TRUSTED)]);
  client = new TestClient(app);
});
afterAll(async () => {
  await app[Symbol.asyncDispose]();
  await Promise.all([a[Symbol.asyncDispose](), b[Symbol.asyncDispose]()]);
});

beforeEach(() => {
  const sub = randomUUID();
  for (const provider of [a, b]) {
    provider.visitor = { sub, email: `${sub}@example.com`, email_verified: true };
    provider.tamper = null;
    provider.intercept = undefined;
    provider.requests.length = 0;
  }
});

const start = async (input: object = {}): Promise<string> => (await client.startSignIn(input)).id;
const exchanges = ({ requests }: IdentityProvider): number =>
  requests.filter((one) => one === 'POST /token').length;
const isRefused = { __typename: 'ProofRejected', code: 'PROOF_REJECTED' };

describe('I1: an answer is bound to one workflow, one provider and one client', () => {
  test('the answer of provider A in the flow of B is refused, and B never gets the code', async () => {
    const [ofA, ofB] = [await start(), await start()];
    const { proof: fromA } = await visit(client, ofA, 'a');
    const { proof: fromB } = await visit(client, ofB, 'b');
    // The client says truly where the answer arrived.
    expect(await attempt(client, ofB, fromA)).toMatchObject(isRefused);
    // A hostile client, or one with a single redirect URI, mixes them.
    expect(await attempt(client, ofB, { ...fromB, code: fromA['code'] })).toMatchObject(isRefused);
    expect(await attempt(client, ofA, { ...fromA, providerId: 'b' })).toMatchObject(isRefused);
    expect([exchanges(a), exchanges(b)]).toEqual([0, 1]);
  });

  test('an `iss` that is missing or names another issuer is refused (RFC 9207)', async () => {
    for (const change of [{ iss: null }, { iss: b.issuer }, { iss: `${a.issuer}/` }]) {
      const id = await start();
      const { proof } = await visit(client, id, 'a');
      expect(await attempt(client, id, { ...proof, ...change })).toMatchObject(isRefused);
    }
    expect(exchanges(a)).toBe(0);
  });

  test('the answer of one workflow is refused by another one, and by the first one once it has asked again', async () => {
    const [mine, other] = [await start(), await start()];
    const { proof } = await visit(client, mine, 'a');
    await visit(client, other, 'a');
    expect(await attempt(client, other, proof)).toMatchObject(isRefused);
    await visit(client, mine, 'a');
    expect(await attempt(client, mine, proof)).toMatchObject(isRefused);
    expect(exchanges(a)).toBe(0);
  });

  test('a client without the secret whose digest it gave is refused', async () => {
    const id = await start();
    const { proof } = await visit(client, id, 'a');
    const { proof: other } = await visit(client, await start(), 'a');
    for (const bindingSecret of [null, other['bindingSecret']])
      expect(await attempt(client, id, { ...proof, bindingSecret })).toMatchObject(isRefused);
    expect(exchanges(a)).toBe(0);
  });

  test('an answer to our callback is refused from another browser, and from a client without cookies', async () => {
    const [mine, other] = [new ScriptedBrowser(app), new ScriptedBrowser(app)];
    const id = await start();
    const answer = await visitInBrowser(client, mine, id, 'a');
    await visitInBrowser(client, other, await start(), 'a');
    expect(await attempt(client, id, answer)).toMatchObject(isRefused);
    const headers = { ...COOKIES, cookie: other.cookieHeader };
    expect(await attempt(client, id, answer, { headers })).toMatchObject(isRefused);
    expect(exchanges(a)).toBe(0);
  });

  test('another nonce than the one that was asked for is refused', async () => {
    const id = await start();
    const { url, proof } = await visit(client, id, 'a');
    const changed = new URL(url);
    changed.searchParams.set('nonce', 'A'.repeat(43));
    const page = await new ScriptedBrowser(app).follow(changed.href);
    const { code } = Object.fromEntries((page as URL).searchParams);
    expect(await attempt(client, id, { ...proof, code })).toMatchObject(isRefused);
  });

  test('a code that was asked for with another PKCE challenge is refused', async () => {
    const id = await start();
    const { url, proof } = await visit(client, id, 'a');
    const changed = new URL(url);
    changed.searchParams.set('code_challenge', 'A'.repeat(43));
    const page = await new ScriptedBrowser(app).follow(changed.href);
    const { code } = Object.fromEntries((page as URL).searchParams);
    expect(await attempt(client, id, { ...proof, code })).toMatchObject(isRefused);
  });
});

describe('the callback hands nothing to a browser that has not asked (login CSRF)', () => {
  async function asked(): Promise<{ browser: ScriptedBrowser; answer: Record<string, string> }> {
    const browser = new ScriptedBrowser(app);
    return { browser, answer: await visitInBrowser(client, browser, await start(), 'a') };
  }
  const get = (id: string, answer: object, cookie = '') =>
    fetch(`${app.url}/callback/${id}?${new URLSearchParams(answer as Record<string, string>)}`, {
      redirect: 'manual',
      headers: { cookie },
    });

  test('neither without its cookie, nor with that of another browser, nor at the callback of another provider', async () => {
    const { browser, answer } = await asked();
    const other = await asked();
    const refused = [
      await get('a', answer),
      await get('a', answer, other.browser.cookieHeader),
      await get('b', answer, browser.cookieHeader),
      await get('a', { ...answer, state: 'A'.repeat(43) }, browser.cookieHeader),
    ];
    for (const response of refused) {
      expect([response.status, response.headers.get('location')]).toEqual([400, null]);
      expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
      expect(await response.text()).not.toContain(answer['code']);
    }
    expect((await get('a', answer, browser.cookieHeader)).status).toBe(303);
    expect((await get('nowhere', answer, browser.cookieHeader)).status).toBe(404);
  });

  test('a form, as Apple sends it, becomes a GET that brings the cookie, with nothing but the answer', async () => {
    const { answer } = await asked();
    const body = new URLSearchParams({ ...answer, user: '{"name":"x"}', id_token: 'x' });
    const response = await fetch(`${app.url}/callback/a`, { method: 'POST', redirect: 'manual', body });
    expect(response.status).toBe(303);
    const location = new URL(response.headers.get('location') ?? '', 'http://localhost');
    expect([...location.searchParams.keys()].toSorted()).toEqual(['code', 'iss', 'state']);
  });

  test('a page that is not among the return URLs, and a redirect URI of another provider, are refused', async () => {
    const workflowId = await start();
    const bindingDigest = 'A'.repeat(43);
    const codes = [
      await prepare(
        client,
        { workflowId, providerId: 'a', returnTo: 'https://evil.example/' },
        { headers: COOKIES },
      ),
      await prepare(client, { workflowId, providerId: 'a', redirectUri: native('b'), bindingDigest }),
      await prepare(client, { workflowId, providerId: 'a' }),
    ].map(({ reply }) => reply.code);
    expect(codes).toEqual(['RETURN_NOT_ALLOWED', 'RETURN_NOT_ALLOWED', 'RETURN_NOT_ALLOWED']);
    const { reply } = await prepare(client, { workflowId, providerId: 'a', redirectUri: native('a') });
    expect(reply).toMatchObject({ code: 'INVALID_INPUT', fields: [{ path: 'bindingDigest' }] });
    expect((await prepare(client, { workflowId, providerId: 'c' })).reply.code).toBe('FACTOR_NOT_OFFERED');
  });
});

describe('I2: a code is used once', () => {
  test('the same proof a second time is refused, and asks nobody', async () => {
    const id = await start();
    const { proof } = await visit(client, id, 'a');
    expect((await attempt(client, id, proof)).status).toBe('COMPLETE');
    expect((await attempt(client, id, proof)).code).toBe('WORKFLOW_ENDED');
    expect(exchanges(a)).toBe(1);
  });

  test('of ten parallel attempts, also in one document, one is accepted and one exchange is made', async () => {
    const id = await start();
    const { proof } = await visit(client, id, 'a');
    const replies = await Promise.all(Array.from({ length: 4 }, () => attempt(client, id, proof)));
    expect(replies.filter(({ status }) => status === 'COMPLETE')).toHaveLength(1);
    expect(exchanges(a)).toBe(1);
    const another = await start();
    const { proof: second } = await visit(client, another, 'a');
    const input = { workflowId: another, proof: { oauth: second } };
    const codes = await client.codesOf(Array.from({ length: 3 }, () => ({ field: 'attemptFactor', input })));
    expect(codes.filter((code) => code === undefined)).toHaveLength(1);
    expect(exchanges(a)).toBe(2);
  });

  test('a code that the provider has already given a token for is refused', async () => {
    const id = await start();
    const { proof } = await visit(client, id, 'a');
    const other = await start();
    const { url, proof: own } = await visit(client, other, 'a');
    expect(url).toContain('code_challenge');
    expect((await attempt(client, id, proof)).status).toBe('COMPLETE');
    expect(await attempt(client, other, { ...own, code: proof['code'] })).toMatchObject(isRefused);
  });
});

describe('an ID token that the provider has not signed as published is refused', () => {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const payloadOf = (token: unknown): Record<string, unknown> =>
    JSON.parse(Buffer.from(String(token).split('.')[1] ?? '', 'base64url').toString());
  const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;

  const forgeries: readonly [string, (payload: Record<string, unknown>) => string][] = [
    ['unsigned, alg none', (payload) => `${part({ alg: 'none' })}.${part(payload)}.`],
    [
      'HS256 with the client secret',
      (payload) => {
        const input = `${part({ alg: 'HS256' })}.${part(payload)}`;
        return `${input}.${createHmac('sha256', CLIENT_SECRET).update(input).digest('base64url')}`;
      },
    ],
    ...(['first', 'unknown'] as const).map((kid): [string, (payload: Record<string, unknown>) => string] => [
      `RS256 with a stranger's key under the key id ${kid}`,
      (payload) => {
        const input = `${part({ alg: 'RS256', kid })}.${part(payload)}`;
        return `${input}.${sign('sha256', Buffer.from(input), stranger).toString('base64url')}`;
      },
    ]),
  ];
  test.each(forgeries)('%s', async (_name, forge) => {
    a.tamper = async (body) => ({ ...body, id_token: forge(payloadOf(body['id_token'])) });
    expect(await signInWith(client, 'a')).toMatchObject(isRefused);
    a.tamper = async ({ id_token: _token, ...body }) => body;
    expect(await signInWith(client, 'a')).toMatchObject(isRefused);
  });

  test('one with another subject, audience or issuer, though its text was changed after signing', async () => {
    for (const change of [{ sub: 'victim' }, { aud: 'another' }, { iss: b.issuer }]) {
      a.tamper = async (body) => {
        const [header, payload, signature] = String(body['id_token']).split('.');
        const changed = part({ ...payloadOf(`.${payload}.`), ...change });
        return { ...body, id_token: [header, changed, signature].join('.') };
      };
      expect(await signInWith(client, 'a')).toMatchObject(isRefused);
    }
  });

  test('a token of provider B, right in itself, in the answer of A', async () => {
    let token: unknown = null;
    b.tamper = async (body) => {
      token = body['id_token'];
      return body;
    };
    await signInWith(client, 'b');
    a.tamper = async (body) => ({ ...body, id_token: token });
    expect(await signInWith(client, 'a')).toMatchObject(isRefused);
  });
});

describe('I4: outages and rotated keys', () => {
  const failing =
    (paths: RegExp) =>
    (request: { url?: string | undefined }, response: { writeHead: (status: number) => { end(): void } }) => {
      if (!paths.test(request.url ?? '')) return false;
      response.writeHead(503).end();
      return true;
    };

  test('keys that the provider has rotated are fetched, and sign-ins go on', async () => {
    // On the machine's clock, as the provider is, and ahead of it after the rotation.
    const clock = new AheadClock();
    await using rotating = await IdentityProvider.start(optionsOf('b'));
    rotating.visitor = b.visitor;
    const file = await providersFile([entry('b', rotating, TRUSTED)]);
    await using ahead = await startTestApp({ PROVIDERS_FILE: file }, app.databaseUrl, clock);
    const there = new TestClient(ahead);
    expect((await signInWith(there, 'b')).status).toBe('COMPLETE');
    await rotating.restart(optionsOf('b'), await newKeys('second'));
    // Keys are fetched again at most every ten seconds, and these were fetched just now.
    expect(await signInWith(there, 'b')).toMatchObject({ code: 'PROOF_REJECTED' });
    clock.advance(10);
    expect((await signInWith(there, 'b')).status).toBe('COMPLETE');
  });

  test('an outage of the keys and the metadata is survived', async () => {
    expect((await signInWith(client, 'a')).status).toBe('COMPLETE');
    a.intercept = failing(/^\/(jwks|\.well-known)/) as never;
    expect((await signInWith(client, 'a')).status).toBe('COMPLETE');
  });

  test('while the token endpoint is out, the answer says so and no attempt is counted', async () => {
    const id = await start();
    for (let times = 0; times < 4; times += 1) {
      a.intercept = undefined;
      const { proof } = await visit(client, id, 'a');
      a.intercept = failing(/^\/token/) as never;
      expect(await attempt(client, id, proof)).toMatchObject({ code: 'PROVIDER_UNAVAILABLE' });
    }
    a.intercept = undefined;
    const { proof } = await visit(client, id, 'a');
    expect(await attempt(client, id, { ...proof, state: 'x' })).toMatchObject({ attemptsRemaining: 4 });
  });

  test('redirects and endless answers are not followed', async () => {
    a.intercept = ((
      request: { url?: string },
      response: { writeHead(status: number, headers: object): { end(): void } },
    ) => {
      if (!request.url?.startsWith('/token')) return false;
      response.writeHead(307, { location: `${b.issuer}/token` }).end();
      return true;
    }) as never;
    expect((await signInWith(client, 'a')).code).toBe('PROOF_REJECTED');
    expect(exchanges(b)).toBe(0);
  });
});

describe('tenants, restarts and switched-off providers', () => {
  test('O1: the same identity in another tenant is another account, and a provider of one tenant is not offered in another', async () => {
    const file = [entry('a', a, TRUSTED), entry('b', b, { ...TRUSTED, tenant: 'acme' })];
    await using other = await appWith(file, {}, app.databaseUrl);
    await query(
      app.databaseUrl,
      "insert into tenant (id, created_at) values ('acme', now()) on conflict do nothing",
    );
    const there = new TestClient(other);
    const home = await signInWith(there, 'a');
    const away = await signInWith(there, 'a', { tenant: 'acme' });
    expect([home.status, away.status]).toEqual(['COMPLETE', 'COMPLETE']);
    const viewer = async (reply: typeof home) =>
      (await there.graphql('{ viewer { id } }', {}, reply.session?.accessToken)).data.viewer.id;
    expect(await viewer(home)).not.toBe(await viewer(away));
    const offered = async (input: object) =>
      (
        await there.graphql(
          'mutation ($input: StartSignInInput!) { startSignIn(input: $input) { ... on Workflow { factors { providerId } } } }',
          { input },
        )
      ).data.startSignIn.factors.flatMap((one: { providerId: string | null }) => one.providerId ?? []);
    expect(await offered({})).toEqual(['a']);
    expect(await offered({ tenant: 'acme' })).toEqual(['a', 'b']);
    const { id } = await there.startSignIn({});
    expect((await prepare(there, { workflowId: id, providerId: 'b' })).reply.code).toBe('FACTOR_NOT_OFFERED');
  });

  test('a sign-in goes on after a restart in the middle; I5: not after its provider was switched off', async () => {
    const kept = await start();
    const lost = await start();
    const { proof: ofKept } = await visit(client, kept, 'a');
    const { proof: ofLost } = await visit(client, lost, 'b');
    await using restarted = await appWith([entry('a', a, TRUSTED)], {}, app.databaseUrl);
    const there = new TestClient(restarted);
    expect((await attempt(there, kept, ofKept)).status).toBe('COMPLETE');
    expect((await attempt(there, lost, ofLost)).code).toMatch(/PROOF_REJECTED|FACTOR_NOT_OFFERED/);
    expect(exchanges(b)).toBe(0);
  });

  test('I5: a provider that was switched off before the second factor opens nothing and links nobody', async () => {
    const { email } = b.visitor;
    const person = await client.signUp(email);
    const { secret } = await client.enrollTotp(person.accessToken);
    const id = await start();
    const { proof } = await visit(client, id, 'b');
    expect((await attempt(client, id, proof)).status).toBe('NEEDS_SECOND_FACTOR');
    await using restarted = await appWith([entry('a', a, TRUSTED)], {}, app.databaseUrl);
    const there = new TestClient(restarted);
    expect((await there.attempt(id, { totp: client.totp(secret, 1) })).code).toBe('FACTOR_NOT_OFFERED');
    const linked = 'select id from identity where subject = $1 and linked_at is not null';
    expect(await query(app.databaseUrl, linked, [b.visitor.sub])).toEqual([]);
  });

  test('a provider that cannot be reached does not prevent the start, and its users are told', async () => {
    await using alone = await appWith([entry('gone', { issuer: 'http://127.0.0.1:9' })]);
    const there = new TestClient(alone);
    const { id } = await there.startSignIn({});
    const asked = {
      workflowId: id,
      providerId: 'gone',
      redirectUri: native('gone'),
      bindingDigest: 'A'.repeat(43),
    };
    expect((await prepare(there, asked)).reply.code).toBe('PROVIDER_UNAVAILABLE');
  });
});

test('no code, token, state, nonce or secret is in the log, in an audit row or in a snapshot', async () => {
  const id = await start();
  const { url, proof } = await visit(client, id, 'a');
  let tokens: Record<string, unknown> = {};
  a.tamper = async (body) => {
    tokens = body;
    return body;
  };
  expect((await attempt(client, id, proof)).status).toBe('COMPLETE');
  const asked = new URL(url).searchParams;
  const canaries = [
    proof['code'],
    proof['state'],
    proof['bindingSecret'],
    asked.get('nonce'),
    tokens['id_token'],
    tokens['access_token'],
    CLIENT_SECRET,
  ];
  const rows = JSON.stringify([
    await query(app.databaseUrl, 'select snapshot, subject from workflow'),
    await query(app.databaseUrl, 'select * from audit_event'),
    await query(app.databaseUrl, 'select * from challenge'),
    await query(app.databaseUrl, 'select * from identity'),
  ]);
  for (const canary of canaries) {
    expect(canary).toBeTruthy();
    expect(app.log.join()).not.toContain(String(canary));
    expect(rows).not.toContain(String(canary));
  }
  expect(rows).not.toContain(a.visitor.email);
});
