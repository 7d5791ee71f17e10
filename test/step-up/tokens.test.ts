// Tokens of a real Stepgate, verified by another server that has only its published keys. In doubt, the caller is
// anonymous.
import { createHmac } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  type CryptoKey,
  decodeJwt,
  decodeProtectedHeader,
  exportJWK,
  exportSPKI,
  generateKeyPair,
  importJWK,
  type JWK,
  SignJWT,
  UnsecuredJWT,
} from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { refuseRole, refuseStepUp } from '../../src/policy/decision.ts';
import { requirement } from '../../src/policy/requirement.ts';
import { stepgateTokens, type TokenOptions } from '../../src/step-up/tokens.ts';
import { startTestApp, type TestApp } from '../harness/app.ts';
import { type Person, TestClient, type Tokens } from '../harness/client.ts';
import { ownKeyOf } from '../harness/own-key.ts';
import { query } from '../harness/sql.ts';
import { refresh } from '../sessions/operations.ts';

const ISSUER = 'http://localhost:4000';
const NOTHING = { evidence: [], enrolled: [] };

let app: TestApp;
let client: TestClient;
let person: Person;
/** A user who has proved a second factor. */
let strong: Tokens;
let secret: string;
let ownKey: CryptoKey;
let publicJwk: JWK;
const failures: unknown[] = [];

beforeAll(async () => {
  app = await startTestApp();
  client = new TestClient(app);
  person = await client.signUp();
  ({ tokens: strong, secret } = await client.enrollTotp(person.accessToken));
  ({ ownKey, publicJwk } = await ownKeyOf(app.databaseUrl));
});
afterAll(() => app[Symbol.asyncDispose]());

function verifier(options: Partial<TokenOptions> = {}) {
  return stepgateTokens({
    issuer: ISSUER,
    jwksUrl: `${app.url}/.well-known/jwks.json`,
    now: () => app.clock.now(),
    onError: (error) => failures.push(error),
    ...options,
  });
}

const seconds = (): number => Math.floor(app.clock.now().getTime() / 1000);

interface Forgery {
  readonly header?: Readonly<Record<string, unknown>>;
  readonly payload?: Readonly<Record<string, unknown>>;
  readonly key?: CryptoKey;
}

/** A token like the real one, with some members replaced. `undefined` removes a member. */
async function forge({ header = {}, payload = {}, key = ownKey }: Forgery): Promise<string> {
  const real = { ...decodeProtectedHeader(strong.accessToken), ...header };
  const claims = { ...decodeJwt(strong.accessToken), ...payload };
  return new SignJWT(claims).setProtectedHeader(JSON.parse(JSON.stringify(real)) as never).sign(key);
}

const encoded = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url');

function hmacWith(shared: string): string {
  const header = { ...decodeProtectedHeader(strong.accessToken), alg: 'HS256' };
  const signed = `${encoded(header)}.${strong.accessToken.split('.')[1]}`;
  return `${signed}.${createHmac('sha256', shared).update(signed).digest('base64url')}`;
}

describe('a valid access token', () => {
  test('identifies the user, their evidence, their second factors and their roles', async () => {
    const { authContext, holder, fault, now } = await verifier().present(`Bearer ${strong.accessToken}`);
    const { data } = await client.graphql('{ viewer { id } }', {}, strong.accessToken);
    expect(fault).toBeNull();
    expect(holder).toEqual({
      userId: data.viewer.id,
      sessionId: decodeJwt(strong.accessToken)['sid'],
      tenantId: 'default',
    });
    expect(authContext?.evidence.map((one) => one.factor)).toEqual(['PASSWORD', 'EMAIL_CODE', 'TOTP']);
    expect(authContext?.enrolled.toSorted()).toEqual(['BACKUP_CODE', 'TOTP']);
    expect(authContext?.roles).toEqual([]);
    expect(refuseStepUp(authContext, requirement(), now)).toBeNull();
  });

  test('has an expiry, and the current time at each read', async () => {
    let time = seconds();
    const tokens = verifier({ now: () => new Date(time * 1000), clockToleranceSeconds: 3 });
    const presented = await tokens.present(`Bearer ${strong.accessToken}`);
    expect(presented.expiresAt).toBe((decodeJwt(strong.accessToken).exp ?? 0) + 3);
    time += 60;
    expect(presented.now).toBe(time);
    time = presented.expiresAt ?? 0;
    expect(await presented.again?.()).toMatchObject({ authContext: null, fault: 'EXPIRED', now: time });
  });

  test('of a user without a second factor leads to enrollment', async () => {
    const other = await client.signUp();
    const { authContext, now } = await verifier().present(`Bearer ${other.accessToken}`);
    expect(refuseStepUp(authContext, requirement(), now)?.code).toBe('ENROLLMENT_REQUIRED');
    expect(refuseStepUp(authContext, requirement({ require: 'STRONGEST_ENROLLED' }), now)).toBeNull();
  });

  test('of a session without the user’s second factor leads to a step-up', async () => {
    const stale = await refresh(client, (await client.signUp()).refreshToken);
    const token = await forge({ payload: { ...decodeJwt(stale.accessToken), mfa: { c: {}, e: ['totp'] } } });
    const { authContext, now } = await verifier().present(`Bearer ${token}`);
    expect(refuseStepUp(authContext, requirement({ require: 'STRONGEST_ENROLLED' }), now)?.remedy).toBe(
      'STEP_UP',
    );
  });

  test('contains the user’s roles', async () => {
    const other = await client.signUp();
    const { sub } = decodeJwt(other.accessToken);
    await query(app.databaseUrl, `update user_account set roles = '["ADMIN"]' where id = $1`, [sub]);
    const { accessToken } = await refresh(client, other.refreshToken);
    const { authContext } = await verifier().present(`Bearer ${accessToken}`);
    expect(refuseRole(authContext, 'ADMIN')).toBeNull();
    expect(refuseRole(authContext, 'OWNER')?.code).toBe('FORBIDDEN');
  });

  test('is verified with one request for the keys, however many tokens arrive at once', async () => {
    let looks = 0;
    await using server = await listen((_request, response) => {
      looks += 1;
      response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys: [publicJwk] }));
    });
    const tokens = verifier({ jwksUrl: server.url });
    const all = await Promise.all(
      Array.from({ length: 50 }, () => tokens.present(`Bearer ${strong.accessToken}`)),
    );
    expect(all.every((one) => one.authContext !== null)).toBe(true);
    expect(looks).toBe(1);
  });

  test('expires a few seconds after its time, with the fault EXPIRED', async () => {
    const { exp = 0 } = decodeJwt(strong.accessToken);
    const at = (time: number) =>
      verifier({ now: () => new Date(time * 1000) }).present(`Bearer ${strong.accessToken}`);
    expect((await at(exp + 4)).fault).toBeNull();
    expect(await at(exp + 5)).toMatchObject({ authContext: null, holder: null, fault: 'EXPIRED' });
  });
});

describe('the caller is anonymous', () => {
  test.each([[null], [undefined], [''], ['  ']])('and has no fault with the header %j', async (header) => {
    expect(await verifier().present(header)).toMatchObject({ authContext: null, holder: null, fault: null });
  });

  test.each<[string, () => string | Promise<string>]>([
    ['another key with the id of ours', async () => forge({ key: (await otherKey()).privateKey })],
    [
      'another key with an unpublished id',
      async () => forge({ key: (await otherKey()).privateKey, header: { kid: 'A'.repeat(43) } }),
    ],
    ['our key without an id', () => forge({ header: { kid: undefined } })],
    [
      'a key that comes with the token',
      async () => {
        const { publicKey, privateKey } = await otherKey();
        return forge({ key: privateKey, header: { jwk: await exportJWK(publicKey), kid: undefined } });
      },
    ],
    ['alg none', () => new UnsecuredJWT(decodeJwt(strong.accessToken)).encode()],
    [
      'alg none with everything else in place',
      () =>
        `${encoded({ ...decodeProtectedHeader(strong.accessToken), alg: 'none' })}.${strong.accessToken.split('.')[1]}.`,
    ],
    ['HS256 with the public key as JSON', () => hmacWith(JSON.stringify(publicJwk))],
    [
      'HS256 with the public key as PEM',
      async () => hmacWith(await exportSPKI((await importJWK({ ...publicJwk, ext: true })) as CryptoKey)),
    ],
    [
      'ES384',
      async () => forge({ key: (await generateKeyPair('ES384')).privateKey, header: { alg: 'ES384' } }),
    ],
    ['typ JWT, as an ID token has', () => forge({ header: { typ: 'JWT' } })],
    ['no typ', () => forge({ header: { typ: undefined } })],
    ['another audience', () => forge({ payload: { aud: 'https://api.example.com' } })],
    ['no audience', () => forge({ payload: { aud: undefined } })],
    ['another issuer', () => forge({ payload: { iss: `${ISSUER}.example.com` } })],
    ['no issuer', () => forge({ payload: { iss: undefined } })],
    ['no subject', () => forge({ payload: { sub: undefined } })],
    ['a subject that is a number', () => forge({ payload: { sub: 5 } })],
    ['no session', () => forge({ payload: { sid: undefined } })],
    ['a session that is a number', () => forge({ payload: { sid: 5 } })],
    ['no expiry', () => forge({ payload: { exp: undefined } })],
    ['no time of issue', () => forge({ payload: { iat: undefined } })],
    ['a time of issue in the future', () => forge({ payload: { iat: seconds() + 60 } })],
    ['a `nbf` in the future', () => forge({ payload: { nbf: seconds() + 60 } })],
    [
      'a replaced subject',
      () => {
        const [header, , signature] = strong.accessToken.split('.');
        return `${header}.${encoded({ ...decodeJwt(strong.accessToken), sub: 'somebody' })}.${signature}`;
      },
    ],
    ['no signature', () => strong.accessToken.replace(/[^.]*$/, '')],
    ['a token that is garbage', () => 'garbage'],
    ['a refresh token', () => person.refreshToken],
  ])('with %s', async (_what, make) => {
    failures.length = 0;
    const presented = await verifier().present(`Bearer ${await make()}`);
    expect(presented).toMatchObject({ authContext: null, holder: null, fault: 'INVALID' });
    expect(failures).toEqual([]); // an invalid token is not an error for the operator
  });

  test.each(['Basic TOKEN', 'TOKEN', 'Bearer TOKEN TOKEN', 'DPoP TOKEN'])(
    'with a valid token in the form %s',
    async (header) => {
      const authorization = header.replaceAll('TOKEN', strong.accessToken);
      expect((await verifier().present(authorization)).fault).toBe('INVALID');
    },
  );

  test('with a token for another audience', async () => {
    const tokens = verifier({ audience: 'https://customers.example.com' });
    expect((await tokens.present(`Bearer ${strong.accessToken}`)).fault).toBe('INVALID');
  });
});

describe('a configured issuer that differs from the one in the tokens', () => {
  test.each(['http://127.0.0.1:4000', `${ISSUER}/`, 'http://stepgate.internal'])(
    'rejects every token, and reports both issuers once (%s)',
    async (issuer) => {
      failures.length = 0;
      const tokens = verifier({ issuer });
      for (const _ of [1, 2]) {
        expect((await tokens.present(`Bearer ${strong.accessToken}`)).fault).toBe('INVALID');
      }
      expect(failures.map(String)).toEqual([
        expect.stringContaining(`"${ISSUER}" (its PUBLIC_URL), but stepgateTokens was given "${issuer}"`),
      ]);
    },
  );

  test('is not reported for a token with a wrong signature, whose issuer anyone could write', async () => {
    failures.length = 0;
    const payload = { iss: 'https://thief.example.com', aud: 'https://thief.example.com' };
    const { privateKey } = await otherKey();
    await verifier().present(`Bearer ${await forge({ payload, key: privateKey })}`);
    expect(failures).toEqual([]);
  });
});

describe('stepgateTokens rejects a configuration with', () => {
  test.each<[string, Partial<Record<keyof TokenOptions, unknown>>]>([
    ['no issuer', { issuer: undefined }],
    ['an empty issuer', { issuer: '' }],
    ['an audience and no issuer', { issuer: undefined, audience: ISSUER }],
    ['an audience and an empty issuer', { issuer: '', audience: ISSUER }],
    ['an empty audience', { audience: '' }],
    ['a tolerance that is not a number', { clockToleranceSeconds: Number.NaN }],
    ['an infinite tolerance', { clockToleranceSeconds: Infinity }],
    ['a negative tolerance', { clockToleranceSeconds: -1 }],
    ['an invalid URL of the keys', { jwksUrl: 'jwks.json' }],
    ['an invalid URL of the sessions', { session: { url: '/graphql', cacheSeconds: 1 } }],
  ])('%s', (_what, options) => {
    expect(() => verifier(options as Partial<TokenOptions>)).toThrow(TypeError);
  });

  test('a clock that returns an invalid date, by treating every caller as anonymous', async () => {
    failures.length = 0;
    const presented = await verifier({ now: () => new Date(Number.NaN) }).present(
      `Bearer ${strong.accessToken}`,
    );
    expect(presented).toMatchObject({ authContext: null, holder: null, fault: 'INVALID' });
    expect(failures).toHaveLength(1);
  });
});

describe('the published keys', () => {
  test('are fetched again after a rotation: the new key counts at once, and a removed one no longer does', async () => {
    const { publicKey, privateKey } = await otherKey();
    const newJwk = { ...(await exportJWK(publicKey)), kid: 'new', alg: 'ES256', use: 'sig' };
    let keys = [publicJwk];
    await using server = await listen((_request, response) => {
      response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys }));
    });
    const tokens = verifier({ jwksUrl: server.url, keysCooldownSeconds: 0 });
    const fresh = `Bearer ${await forge({ key: privateKey, header: { kid: 'new' } })}`;
    const old = `Bearer ${strong.accessToken}`;
    expect((await tokens.present(old)).fault).toBeNull();
    expect((await tokens.present(fresh)).fault).toBe('INVALID');
    keys = [newJwk];
    expect((await tokens.present(fresh)).fault).toBeNull();
    expect((await tokens.present(old)).fault).toBe('INVALID');
  });

  test('are not fetched again and again for tokens with unknown keys', async () => {
    let looks = 0;
    await using server = await listen((_request, response) => {
      looks += 1;
      response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys: [publicJwk] }));
    });
    const tokens = verifier({ jwksUrl: server.url, keysCooldownSeconds: 60 });
    for (const kid of ['a', 'b', 'c']) {
      await tokens.present(`Bearer ${await forge({ header: { kid } })}`);
    }
    expect(looks).toBe(1);
  });

  test.each<[string, (url: string) => string, (response: ServerResponse) => void]>([
    ['no server answers', () => 'http://127.0.0.1:1/jwks.json', () => {}],
    ['the server fails', (url) => url, (response) => response.writeHead(500).end('{}')],
    ['the response is not JSON', (url) => url, (response) => response.end('<html>')],
    ['the response is not a key set', (url) => url, (response) => response.end('{"keys": 5}')],
    [
      'the response is a redirect',
      (url) => url,
      (response) => response.writeHead(302, { location: `${app.url}/.well-known/jwks.json` }).end(),
    ],
  ])('let no caller in and call `onError` when they cannot be read: %s', async (_what, urlOf, answer) => {
    await using server = await listen((_request, response) => answer(response));
    failures.length = 0;
    const presented = await verifier({ jwksUrl: urlOf(server.url) }).present(`Bearer ${strong.accessToken}`);
    expect(presented).toMatchObject({ authContext: null, fault: 'INVALID' });
    expect(failures).toHaveLength(1);
    expect(JSON.stringify(failures) + String(failures[0])).not.toContain(strong.accessToken);
  });
});

describe('with `session`', () => {
  const session = (cacheSeconds = 5, url = `${app.url}/graphql`) => ({ session: { url, cacheSeconds } });

  test('the session’s current evidence and roles count', async () => {
    const other = await client.signIn(person, { totp: client.totp(secret, 1) });
    const { authContext, now } = await verifier(session()).present(`Bearer ${other.accessToken}`);
    expect(authContext?.evidence).toContainEqual({
      factor: 'TOTP',
      categories: ['POSSESSION'],
      amr: ['otp'],
      completedAt: expect.any(Number),
      enrolledAt: expect.any(Number),
    });
    expect(authContext?.enrolled.toSorted()).toEqual(['BACKUP_CODE', 'TOTP']);
    expect(refuseStepUp(authContext, requirement(), now)).toBeNull();
  });

  test('a token from before a step-up gains nothing from its session, even if Stepgate reports the new factor', async () => {
    const { sub, auth_time: provedAt } = decodeJwt(person.accessToken);
    const proof = (factor: string, categories: string[]) => ({
      factor,
      categories,
      amr: [],
      completedAt: new Date(Number(provedAt) * 1000).toISOString(),
    });
    const evidence = [proof('PASSWORD', ['KNOWLEDGE']), proof('TOTP', ['POSSESSION'])];
    const viewer = { id: sub, roles: ['ADMIN'], assurance: { evidence, enrolled: ['TOTP'] } };
    await using server = await listen((_request, response) =>
      response.end(JSON.stringify({ data: { viewer } })),
    );
    const { authContext, now } = await verifier(session(5, server.url)).present(
      `Bearer ${person.accessToken}`,
    );
    expect(authContext?.evidence.map((one) => one.factor)).toEqual(['PASSWORD']);
    expect(authContext).toMatchObject({ enrolled: ['TOTP'], roles: ['ADMIN'] });
    expect(refuseStepUp(authContext, requirement(), now)?.remedy).toBe('STEP_UP');
  });

  test('the token of an ended session is rejected, at the latest when the cache expires', async () => {
    const other = await client.signUp();
    const tokens = verifier(session(5));
    const offline = verifier();
    const header = `Bearer ${other.accessToken}`;
    expect((await tokens.present(header)).authContext).not.toBeNull();
    await client.graphql('mutation { signOut { id } }', {}, other.accessToken);
    app.clock.advance(4);
    expect((await tokens.present(header)).authContext).not.toBeNull();
    app.clock.advance(1);
    expect(await tokens.present(header)).toMatchObject({ authContext: null, holder: null, fault: 'INVALID' });
    expect((await offline.present(header)).authContext).not.toBeNull(); // an offline check still accepts it
  });

  test('Stepgate is asked once for parallel requests with one token, and once per token', async () => {
    let asked = 0;
    await using proxy = await listen((request, response) => {
      asked += 1;
      const body: Buffer[] = [];
      request.on('data', (chunk: Buffer) => body.push(chunk));
      request.on('end', () => {
        const headers = {
          'content-type': 'application/json',
          authorization: `${request.headers.authorization}`,
        };
        void fetch(`${app.url}/graphql`, { method: 'POST', headers, body: Buffer.concat(body) })
          .then((answer) => answer.text())
          .then((text) => response.end(text));
      });
    });
    const other = await client.signUp();
    const tokens = verifier(session(60, proxy.url));
    const present = () => tokens.present(`Bearer ${other.accessToken}`);
    const all = await Promise.all(Array.from({ length: 20 }, present));
    expect(all.every((one) => one.authContext !== null)).toBe(true);
    expect(asked).toBe(1);
    await present();
    expect(asked).toBe(1);
    await tokens.present(`Bearer ${person.accessToken}`);
    expect(asked).toBe(2);
  });

  test('Stepgate is not asked about an invalid token', async () => {
    let asked = 0;
    await using server = await listen((_request, response) => {
      asked += 1;
      response.end('{}');
    });
    const token = await forge({ key: (await otherKey()).privateKey });
    expect((await verifier(session(5, server.url)).present(`Bearer ${token}`)).fault).toBe('INVALID');
    expect(asked).toBe(0);
  });

  const ofPerson = () => ({
    data: { viewer: { id: decodeJwt(person.accessToken).sub, roles: [], assurance: NOTHING } },
  });

  test.each<[string, (response: ServerResponse) => void]>([
    ['fails', (response) => response.writeHead(500).end('{"data": null}')],
    ['returns something other than JSON', (response) => response.end('<html>')],
    ['closes the connection', (response) => response.destroy()],
    ['returns an error', (response) => response.end('{"data":{"viewer":null},"errors":[{"message":"x"}]}')],
    [
      'returns another user',
      (response) =>
        response.end('{"data":{"viewer":{"id":"x","roles":[],"assurance":{"evidence":[],"enrolled":[]}}}}'),
    ],
    ['fails, but returns the user', (response) => response.writeHead(503).end(JSON.stringify(ofPerson()))],
    [
      'returns the user with an error',
      (response) => response.end(JSON.stringify({ ...ofPerson(), errors: [{ message: 'x' }] })),
    ],
    [
      'redirects the request',
      (response) => response.writeHead(307, { location: `${app.url}/graphql` }).end(),
    ],
  ])('a server that %s lets no caller in, and is asked again', async (_what, answer) => {
    let asked = 0;
    await using server = await listen((_request, response) => {
      asked += 1;
      answer(response);
    });
    failures.length = 0;
    const tokens = verifier(session(60, server.url));
    for (const time of [1, 2]) {
      const presented = await tokens.present(`Bearer ${person.accessToken}`);
      expect(presented).toMatchObject({ authContext: null, fault: 'INVALID' });
      expect(failures).toHaveLength(time);
    }
    expect(asked).toBeGreaterThanOrEqual(2);
    expect(failures.map(String).join('')).not.toContain(person.accessToken);
  });
});

function otherKey() {
  return generateKeyPair('ES256', { extractable: true });
}

async function listen(
  handler: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<AsyncDisposable & { readonly url: string }> {
  const server: Server = createServer(handler);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

describe('the age of a factor', () => {
  const old = requirement({ minFactorAge: 3600 });

  test.each([
    ['offline', {}],
    ['with a session that is asked about', { session: { cacheSeconds: 0 } }],
  ])('is read from the token, %s', async (_how, { session }: { session?: { cacheSeconds: number } }) => {
    const settled = await client.signUp();
    const enrolled = await client.enrollTotp(settled.accessToken);
    const options = session ? { session: { url: `${app.url}/graphql`, ...session } } : {};
    const tokens = verifier(options);
    const young = await tokens.present(`Bearer ${enrolled.tokens.accessToken}`);
    expect(refuseStepUp(young.authContext, old, seconds())).toMatchObject({ minFactorAge: 3600 });
    expect(refuseStepUp(young.authContext, requirement(), seconds())).toBeNull();
    app.clock.advance(3600);
    const later = await client.signIn(settled, { totp: client.totp(enrolled.secret) });
    const mature = await tokens.present(`Bearer ${later.accessToken}`);
    expect(refuseStepUp(mature.authContext, old, seconds())).toBeNull();
  });
});
