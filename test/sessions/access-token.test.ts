// Access tokens: their claims, their verification, and every way to forge one. An invalid token closes only the fields
// that need a session.
import { createHmac, randomUUID } from 'node:crypto';
import {
  type CryptoKey,
  createRemoteJWKSet,
  decodeJwt,
  decodeProtectedHeader,
  exportSPKI,
  generateKeyPair,
  importJWK,
  type JWK,
  jwtVerify,
  SignJWT,
  UnsecuredJWT,
} from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../harness/app.ts';
import { type Person, TestClient, tokensOf } from '../harness/client.ts';
import { ownKeyOf } from '../harness/own-key.ts';
import { query } from '../harness/sql.ts';
import { codeOf, refresh, VIEWER } from './operations.ts';

const ISSUER = 'http://localhost:4000';

let app: TestApp;
let client: TestClient;
let person: Person;
/** The server's own key. A forger does not have it, but the tests of claims need it. */
let ownKey: CryptoKey;
let foreignKey: CryptoKey;
let publicJwk: JWK;

beforeAll(async () => {
  app = await startTestApp();
  client = new TestClient(app);
  person = await client.signUp();
  ({ ownKey, publicJwk } = await ownKeyOf(app.databaseUrl));
  foreignKey = (await generateKeyPair('ES256')).privateKey;
});
afterAll(() => app[Symbol.asyncDispose]());

/** The `mfa` claim of a token. */
function mfaOf(token: string): { readonly e: readonly string[] } {
  return (decodeJwt(token) as { mfa: { e: string[] } }).mfa;
}

async function jwks(): Promise<{ keys: JWK[] }> {
  return (await (await fetch(`${app.url}/.well-known/jwks.json`)).json()) as { keys: JWK[] };
}

describe('an access token', () => {
  test('can be verified with the published keys', async () => {
    const keys = createRemoteJWKSet(new URL(`${app.url}/.well-known/jwks.json`));
    const { payload, protectedHeader } = await jwtVerify(person.accessToken, keys, {
      issuer: ISSUER,
      audience: ISSUER,
      typ: 'at+jwt',
      algorithms: ['ES256'],
    });
    expect(protectedHeader).toEqual({ alg: 'ES256', typ: 'at+jwt', kid: publicJwk.kid });
    const { data } = await client.graphql('{ viewer { id sessions { id } } }', {}, person.accessToken);
    const { iat = 0 } = payload;
    expect(payload).toEqual({
      iss: ISSUER,
      aud: ISSUER,
      sub: data.viewer.id,
      sid: data.viewer.sessions[0].id,
      tid: 'default',
      client_id: 'stepgate',
      jti: expect.stringMatching(/^[\w-]{43}$/),
      iat,
      exp: iat + 600,
      acr: 'aal1',
      amr: ['pwd', 'otp'],
      auth_time: expect.any(Number),
      roles: [],
      mfa: { c: { emailpassword: expect.any(Number), 'otp-email': expect.any(Number) }, e: [], v: true },
    });
    const { auth_time: authTime, mfa } = payload as { auth_time: number; mfa: { c: Record<string, number> } };
    expect(Math.abs(iat - Math.floor(app.clock.now().getTime() / 1000))).toBeLessThan(60);
    expect(authTime).toBe(Math.max(...Object.values(mfa.c)));
    expect(authTime).toBeLessThanOrEqual(iat);
  });

  test('contains aal2 and the second factor after one was proved', async () => {
    const other = await client.signUp();
    const { tokens } = await client.enrollTotp(other.accessToken);
    const claims = decodeJwt(tokens.accessToken);
    expect(claims).toMatchObject({ acr: 'aal2', amr: ['pwd', 'otp', 'mfa'], mfa: { v: true } });
    expect(Object.keys((claims as { mfa: { c: object } }).mfa.c)).toEqual([
      'emailpassword',
      'otp-email',
      'totp',
    ]);
    expect(claims['sid']).toBe(decodeJwt(other.accessToken)['sid']);
  });

  test('lists the user’s second factors, in every session, from the step that adds one', async () => {
    const other = await client.signUp();
    const { tokens, backupCodes } = await client.enrollTotp(other.accessToken);
    expect(mfaOf(tokens.accessToken).e).toEqual(['backup-code', 'totp']);
    const again = await client.signIn(other, { backupCode: backupCodes[0] });
    expect(mfaOf(again.accessToken).e).toEqual(['backup-code', 'totp']);
    const { tokens: third } = await client.enrollPhone(again.accessToken, '+12025550101');
    expect(mfaOf(third.accessToken).e).toEqual(['backup-code', 'otp-phone', 'totp']);
  });

  test('does not list a phone number that only identifies its user', async () => {
    const other = await client.signUp();
    const { tokens } = await client.enrollPhone(other.accessToken, '+12025550102', false);
    expect(mfaOf(tokens.accessToken).e).toEqual([]);
    expect(mfaOf((await refresh(client, tokens.refreshToken)).accessToken).e).toEqual([]);
  });

  test('names a phone number that is a second factor, after a refresh too', async () => {
    const other = await client.signUp();
    const { tokens } = await client.enrollPhone(other.accessToken, '+12025550104');
    expect(mfaOf((await refresh(client, tokens.refreshToken)).accessToken).e).toContain('otp-phone');
  });

  test('marks evidence that only identified: a phone that started a sign-in and is not a second factor', async () => {
    const other = await client.signUp();
    await client.enrollPhone(other.accessToken, '+12025550103', false);
    await query(app.databaseUrl, "update tenant set sms = 'ANY_FACTOR'");
    const started = await client.startSignIn({ identifier: '+12025550103' });
    await client.prepare(started.id, 'PHONE_CODE');
    const done = await client.attempt(started.id, { phoneCode: await client.codeFor('+12025550103') });
    const { acr, mfa } = decodeJwt(tokensOf(done).accessToken);
    expect({ acr, mfa }).toMatchObject({
      acr: 'aal1',
      mfa: { c: { 'otp-phone': expect.any(Number) }, i: ['otp-phone'] },
    });
  });

  test('contains the roles', async () => {
    const other = await client.signUp();
    const { sub } = decodeJwt(other.accessToken);
    await query(app.databaseUrl, `update user_account set roles = '["ADMIN"]' where id = $1`, [sub]);
    const { accessToken } = await refresh(client, other.refreshToken);
    expect(decodeJwt(accessToken)['roles']).toEqual(['ADMIN']);
  });
});

describe('the published signing keys', () => {
  test('have only public members', async () => {
    const { keys } = await jwks();
    expect(keys).toEqual([
      {
        kty: 'EC',
        crv: 'P-256',
        x: expect.any(String),
        y: expect.any(String),
        kid: expect.stringMatching(/^[\w-]{43}$/),
        alg: 'ES256',
        use: 'sig',
      },
    ]);
  });

  test('can be cached, and are JSON', async () => {
    const { headers } = await fetch(`${app.url}/.well-known/jwks.json`);
    expect(headers.get('cache-control')).toBe('public, max-age=300');
    expect(headers.get('content-type')).toContain('application/json');
  });
});

interface Forgery {
  readonly header?: Readonly<Record<string, unknown>>;
  readonly payload?: Readonly<Record<string, unknown>>;
  readonly key?: CryptoKey | Uint8Array;
}

/** A token like the real one, with some members replaced. `undefined` removes a member. */
async function forge({ header = {}, payload = {}, key = ownKey }: Forgery): Promise<string> {
  const real = { ...decodeProtectedHeader(person.accessToken), ...header };
  const claims = { ...decodeJwt(person.accessToken), ...payload };
  return new SignJWT(claims).setProtectedHeader(withoutNothing(real) as never).sign(key);
}

function withoutNothing(object: object): object {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
}

const encoded = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url');

/** Signed with HMAC, in case the server uses its public key as a shared secret. */
function hmacWith(secret: string | Buffer, header: object = {}): string {
  const real = { ...decodeProtectedHeader(person.accessToken), alg: 'HS256', ...header };
  const [, payload = ''] = person.accessToken.split('.');
  const signed = `${encoded(real)}.${payload}`;
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
}

const seconds = (date: Date): number => Math.floor(date.getTime() / 1000);

test('a token made like the server’s is accepted, and each forgery below differs from it in one thing', async () => {
  const { data } = await client.graphql(VIEWER, {}, await forge({}));
  expect(data.viewer.id).toBeTruthy();
});

describe('the server rejects', () => {
  test.each<[string, () => string | Promise<string>]>([
    ['a token of another key with the id of ours', () => forge({ key: foreignKey })],
    [
      'a token of another key with an unpublished id',
      () => forge({ key: foreignKey, header: { kid: 'A'.repeat(43) } }),
    ],
    ['a token of another key without an id', () => forge({ key: foreignKey, header: { kid: undefined } })],
    ['a token of our key without an id', () => forge({ header: { kid: undefined } })],
    ['a token whose key id is a path', () => forge({ header: { kid: '../../dev/null' } })],
    ['a token whose key id is SQL', () => forge({ header: { kid: `' or '1'='1` } })],
    ['a token whose key id is the name of a method', () => forge({ header: { kid: 'constructor' } })],
    [
      'a token that contains its own key',
      async () => {
        const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true });
        const jwk = await crypto.subtle.exportKey('jwk', publicKey);
        return forge({ key: privateKey, header: { jwk } });
      },
    ],
    [
      'a token that contains the URL of its key',
      () => forge({ key: foreignKey, header: { jku: `${app.url}/.well-known/jwks.json` } }),
    ],
    ['alg none', () => new UnsecuredJWT(decodeJwt(person.accessToken)).encode()],
    [
      'alg none, with everything else in place',
      () => {
        const header = { ...decodeProtectedHeader(person.accessToken), alg: 'none' };
        return `${encoded(header)}.${person.accessToken.split('.')[1]}.`;
      },
    ],
    [
      'alg NONE with the signature of a real token',
      () => {
        const [, payload, signature] = person.accessToken.split('.');
        return `${encoded({ ...decodeProtectedHeader(person.accessToken), alg: 'NONE' })}.${payload}.${signature}`;
      },
    ],
    ['HS256 with the public key as PEM', async () => hmacWith(await publicPem())],
    ['HS256 with the public key as JSON', () => hmacWith(JSON.stringify(publicJwk))],
    ['HS256 with the coordinates of the public key', () => hmacWith(publicJwk.x ?? '')],
    ['HS256 with an empty secret', () => hmacWith('')],
    [
      'RS256 of another key',
      async () => forge({ key: (await generateKeyPair('RS256')).privateKey, header: { alg: 'RS256' } }),
    ],
    [
      'ES384 of another key',
      async () => forge({ key: (await generateKeyPair('ES384')).privateKey, header: { alg: 'ES384' } }),
    ],
    ['an unknown critical extension', () => critical()],
    ['another audience', () => forge({ payload: { aud: 'https://api.example.com' } })],
    ['no audience', () => forge({ payload: { aud: undefined } })],
    ['another issuer', () => forge({ payload: { iss: 'http://localhost:4001' } })],
    ['an issuer that begins like ours', () => forge({ payload: { iss: `${ISSUER}.example.com` } })],
    ['no issuer', () => forge({ payload: { iss: undefined } })],
    ['typ JWT, as an ID token has', () => forge({ header: { typ: 'JWT' } })],
    ['no typ', () => forge({ header: { typ: undefined } })],
    ['typ logout+jwt', () => forge({ header: { typ: 'logout+jwt' } })],
    ['no session', () => forge({ payload: { sid: undefined } })],
    ['a session that is a number', () => forge({ payload: { sid: 5 } })],
    ['a session that does not exist', () => forge({ payload: { sid: randomUUID() } })],
    ['no expiry', () => forge({ payload: { exp: undefined } })],
    ['an expiry that is a string', () => forge({ payload: { exp: 'never' } })],
    ['no time of issue', () => forge({ payload: { iat: undefined } })],
    ['`nbf` in the future', () => forge({ payload: { nbf: seconds(app.clock.now()) + 60 } })],
    [
      'a real payload with another signature',
      async () => {
        const other = await client.signUp();
        const [header, payload] = person.accessToken.split('.');
        return `${header}.${payload}.${other.accessToken.split('.')[2]}`;
      },
    ],
    [
      'another subject with a real signature',
      () => {
        const [header, , signature] = person.accessToken.split('.');
        return `${header}.${encoded({ ...decodeJwt(person.accessToken), sub: randomUUID() })}.${signature}`;
      },
    ],
    ['no signature', () => person.accessToken.replace(/\.[^.]*$/, '.')],
    ['a truncated signature', () => person.accessToken.slice(0, -2)],
    [
      'a signature of zeros',
      () => person.accessToken.replace(/[^.]*$/, Buffer.alloc(64).toString('base64url')),
    ],
    ['a refresh token', () => person.refreshToken],
    ['garbage', () => 'garbage'],
    ['three dots', () => '...'],
    ['parts that are not JSON', () => 'YQ.YQ.YQ'],
    [
      'a payload that is a list',
      () => `${person.accessToken.split('.')[0]}.${encoded([])}.${'A'.repeat(86)}`,
    ],
    ['an encrypted token’s five parts', () => `${encoded({ alg: 'dir', enc: 'A256GCM' })}.a.b.c.d`],
    ['a session’s id', () => String(decodeJwt(person.accessToken)['sid'])],
  ])('%s', async (_what, make) => {
    const token = await make();
    const answer = await client.graphql(VIEWER, {}, token);
    expect(answer.status).toBe(200);
    expect(answer.data).toEqual({ viewer: null });
    expect(codeOf(answer)).toBe('UNAUTHENTICATED');
    expect(answer.headers.get('www-authenticate')).toBe('Bearer error="invalid_token"');
    expect(app.log.join('')).not.toContain(token.length > 20 ? token : 'no such line');
    const refused = await client.graphql('mutation { signOut { id } }', {}, token);
    expect([refused.status, codeOf(refused)]).toEqual([401, 'UNAUTHENTICATED']);
    expect(refused.headers.get('www-authenticate')).toBe('Bearer error="invalid_token"');
  });

  test.each<[string, string]>([
    ['Basic', `Basic ${Buffer.from('user:password').toString('base64')}`],
    ['no scheme', 'TOKEN'],
    ['Bearer with two tokens', 'Bearer TOKEN TOKEN'],
    ['a scheme that begins like Bearer', 'Bearerx TOKEN'],
    ['two schemes', 'Basic x, Bearer TOKEN'],
    ['DPoP', 'DPoP TOKEN'],
  ])('a valid token in an Authorization header with %s', async (_what, header) => {
    const authorization = header.replaceAll('TOKEN', person.accessToken);
    const answer = await client.graphql(VIEWER, {}, undefined, { authorization });
    expect(codeOf(answer)).toBe('UNAUTHENTICATED');
    expect(answer.headers.get('www-authenticate')).toBe('Bearer error="invalid_token"');
  });

  test('a request without a token, without error="invalid_token"', async () => {
    const answer = await client.graphql(VIEWER);
    expect(codeOf(answer)).toBe('UNAUTHENTICATED');
    expect(answer.headers.get('www-authenticate')).toBe('Bearer');
  });

  async function publicPem(): Promise<string> {
    return exportSPKI((await importJWK({ ...publicJwk, ext: true }, 'ES256')) as CryptoKey);
  }

  /** A critical extension (RFC 7515 section 4.1.11). jose only signs extensions that it is told about. */
  async function critical(): Promise<string> {
    return new SignJWT(decodeJwt(person.accessToken))
      .setProtectedHeader({
        ...decodeProtectedHeader(person.accessToken),
        crit: ['https://example.com/x'],
        'https://example.com/x': true,
      } as never)
      .sign(ownKey, { crit: { 'https://example.com/x': true } });
  }
});

describe('an invalid token', () => {
  test.each(['Bearer garbage', 'Basic dXNlcjpwYXNzd29yZA=='])(
    'does not affect operations that need no token: %s',
    async (authorization) => {
      const send = (document: string, variables: object = {}) =>
        client.graphql(document, variables, undefined, { authorization });
      const settings = await send('{ settings { secondFactorPolicy } }');
      expect(settings.data).toEqual({ settings: { secondFactorPolicy: 'OPTIONAL' } });
      expect(settings.headers.get('www-authenticate')).toBeNull();
      const identifier = 'nobody@example.com';
      const signIn = await send(
        'mutation ($identifier: String!) { startSignIn(input: { identifier: $identifier }) { __typename } }',
        { identifier },
      );
      expect(signIn.data).toEqual({ startSignIn: { __typename: 'SignIn' } });
      const other = await client.signUp();
      const refreshed = await send(
        'mutation ($t: String) { refreshSession(input: { refreshToken: $t }) { __typename } }',
        { t: other.refreshToken },
      );
      expect(refreshed.data).toEqual({ refreshSession: { __typename: 'SessionGrant' } });
    },
  );

  test('closes only the guarded fields of an operation', async () => {
    const { status, data, errors } = await client.graphql(
      '{ viewer { id } settings { secondFactorPolicy } }',
      {},
      'garbage',
    );
    expect(status).toBe(200);
    expect(data).toEqual({ viewer: null, settings: { secondFactorPolicy: 'OPTIONAL' } });
    expect(errors).toMatchObject([{ path: ['viewer'], extensions: { code: 'UNAUTHENTICATED' } }]);
  });
});

describe('the expiry of a token', () => {
  test('is enforced, and the refusal says to refresh', async () => {
    const other = await client.signUp();
    app.clock.advance(600);
    expect((await client.graphql(VIEWER, {}, other.accessToken)).data.viewer).not.toBeNull(); // 5 s of tolerance
    app.clock.advance(6);
    const answer = await client.graphql(VIEWER, {}, other.accessToken);
    expect(codeOf(answer)).toBe('UNAUTHENTICATED');
    expect(answer.errors[0]?.message).toContain('refreshSession');
    expect(answer.headers.get('www-authenticate')).toBe('Bearer error="invalid_token"');
    const fresh = await refresh(client, other.refreshToken);
    expect((await client.graphql(VIEWER, {}, fresh.accessToken)).data.viewer).not.toBeNull();
  });
});

describe('another server', () => {
  test('with the same name and another database issues tokens that are rejected here', async () => {
    await using stranger = await startTestApp();
    const other = await new TestClient(stranger).signUp();
    const answer = await client.graphql(VIEWER, {}, other.accessToken);
    expect(codeOf(answer)).toBe('UNAUTHENTICATED');
  });

  test('on the same database issues tokens that are accepted here, and accepts ours', async () => {
    await using node = await startTestApp({}, app.databaseUrl);
    node.clock.advance((app.clock.now().getTime() - node.clock.now().getTime()) / 1000);
    const there = new TestClient(node);
    const other = await client.signUp();
    expect((await there.graphql(VIEWER, {}, other.accessToken)).data.viewer).not.toBeNull();
    const fresh = await refresh(there, other.refreshToken);
    expect((await client.graphql(VIEWER, {}, fresh.accessToken)).data.viewer).not.toBeNull();
  });

  test('on the same database with another name rejects our tokens, because audience and issuer differ', async () => {
    await using node = await startTestApp({ PUBLIC_URL: 'https://auth.example.com' }, app.databaseUrl);
    node.clock.advance((app.clock.now().getTime() - node.clock.now().getTime()) / 1000);
    const other = await client.signUp();
    expect(codeOf(await new TestClient(node).graphql(VIEWER, {}, other.accessToken))).toBe('UNAUTHENTICATED');
  });
});
