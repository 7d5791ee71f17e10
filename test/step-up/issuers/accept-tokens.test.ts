// Tokens of other issuers: verified with their own keys only, and never counted for more than they say.
import { createHmac } from 'node:crypto';
import { exportSPKI } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { refuseStepUp } from '../../../src/policy/decision.ts';
import { requirement } from '../../../src/policy/requirement.ts';
import { type AcceptOptions, acceptTokens } from '../../../src/step-up/issuers/accept-tokens.ts';
import { type ClaimsMap, UNNAMED } from '../../../src/step-up/issuers/claims.ts';
import type { AcceptedIssuer } from '../../../src/step-up/issuers/issuer.ts';
import { type Issuer, START, startIssuer } from './issuer.ts';

const ID = 'https://id.example.com';
const CLAIMS: ClaimsMap = { acr: { gold: UNNAMED, app: 'TOTP', bronze: null } };
const GOLD = { iss: ID, aud: 'api', sub: 'user-1', sid: 'session-1', acr: 'gold', auth_time: START };

let one: Issuer;
let another: Issuer;
let time = START;
const failures: unknown[] = [];

beforeAll(async () => {
  [one, another] = await Promise.all([startIssuer(), startIssuer()]);
});
afterAll(async () => {
  await Promise.all([one[Symbol.asyncDispose](), another[Symbol.asyncDispose]()]);
});

const accepted = (options: Partial<AcceptedIssuer> = {}): AcceptedIssuer => ({
  issuer: ID,
  audience: 'api',
  jwksUrl: one.jwksUrl,
  claims: CLAIMS,
  ...options,
});

const OPTIONS: AcceptOptions = {
  now: () => new Date(time * 1000),
  onError: (error) => failures.push(error),
};

async function present(token: string, options: Partial<AcceptedIssuer> = {}) {
  time = START;
  failures.length = 0;
  return acceptTokens(accepted(options), OPTIONS).present(`Bearer ${token}`);
}

/** Why a field with these arguments is refused. Null if it is not. */
async function refusal(claims: object, demand: Parameters<typeof requirement>[0] = {}, now = START) {
  const { authContext } = await present(await one.sign({ ...GOLD, ...claims }));
  return refuseStepUp(authContext, requirement(demand), now)?.code ?? null;
}

describe('a token', () => {
  test('names its user, its session and its issuer', async () => {
    const { holder, fault, expiresAt } = await present(await one.sign(GOLD));
    expect({ holder, fault, expiresAt }).toEqual({
      holder: { issuer: ID, userId: 'user-1', sessionId: 'session-1' },
      fault: null,
      expiresAt: START + 605,
    });
  });

  test.each<[string, () => Promise<string>]>([
    ['signed with another key', () => one.sign(GOLD, {}, one.otherKey)],
    ['that names an unknown key', () => one.sign(GOLD, { kid: 'key-2' })],
    ['that names no key', () => one.sign(GOLD, { kid: undefined })],
    ['for another audience', () => one.sign({ ...GOLD, aud: 'another' })],
    ['without an audience', () => one.sign({ ...GOLD, aud: undefined })],
    ['of another issuer', () => one.sign({ ...GOLD, iss: 'https://other.example.com' })],
    ['whose issuer has a slash at the end', () => one.sign({ ...GOLD, iss: `${ID}/` })],
    ['without an issuer', () => one.sign({ ...GOLD, iss: undefined })],
    ['without a user', () => one.sign({ ...GOLD, sub: undefined })],
    ['that never expires', () => one.sign({ ...GOLD, exp: undefined })],
    ['without a time of issue', () => one.sign({ ...GOLD, iat: undefined })],
    ['issued in the future', () => one.sign({ ...GOLD, iat: START + 6 })],
    ['not valid yet', () => one.sign({ ...GOLD, nbf: START + 6 })],
    ['signed with the public key as a shared secret', () => signedWithPublicKey()],
    ['without a signature', async () => `${(await one.sign(GOLD)).split('.').slice(0, 2).join('.')}.`],
    ['with the algorithm none', async () => unsigned()],
    ['that is not a token', async () => 'x.y.z'],
  ])('%s is refused', async (_, make) => {
    const { authContext, holder, fault } = await present(await make());
    expect({ authContext, holder, fault }).toEqual({ authContext: null, holder: null, fault: 'INVALID' });
    expect(failures).toEqual([]);
  });

  test('that has expired is told apart', async () => {
    const expired = await one.sign({ ...GOLD, exp: START - 5 });
    expect(await present(expired)).toMatchObject({ authContext: null, fault: 'EXPIRED' });
  });

  test('of another type than the accepted ones is refused, so that an ID token opens nothing', async () => {
    const types = ['at+jwt'];
    expect(await present(await one.sign(GOLD, { typ: 'JWT' }), { types })).toMatchObject({
      authContext: null,
    });
    expect(await present(await one.sign(GOLD), { types })).toMatchObject({ authContext: null });
    expect(await present(await one.sign(GOLD, { typ: 'at+jwt' }), { types })).toMatchObject({ fault: null });
  });

  test('that does not meet the condition of its issuer is refused', async () => {
    const check = (claims: Readonly<Record<string, unknown>>) => claims['azp'] === 'web';
    expect(await present(await one.sign(GOLD), { check })).toMatchObject({ authContext: null });
    expect(await present(await one.sign({ ...GOLD, azp: 'web' }), { check })).toMatchObject({ fault: null });
  });
});

async function signedWithPublicKey(): Promise<string> {
  const encoded = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
  const signed = `${encoded({ alg: 'HS256', kid: 'key-1' })}.${encoded({ iat: START, exp: START + 600, ...GOLD })}`;
  const secret = await exportSPKI(one.publicKey);
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
}

function unsigned(): string {
  const encoded = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
  return `${encoded({ alg: 'none', kid: 'key-1' })}.${encoded({ iat: START, exp: START + 600, ...GOLD })}.`;
}

describe('several issuers', () => {
  const OTHER = 'https://other.example.com';
  const both = () =>
    acceptTokens([accepted(), accepted({ issuer: OTHER, jwksUrl: another.jwksUrl, claims: {} })], OPTIONS);

  test('are told apart by the token', async () => {
    time = START;
    const tokens = both();
    const first = await tokens.present(`Bearer ${await one.sign(GOLD)}`);
    const second = await tokens.present(`Bearer ${await another.sign({ ...GOLD, iss: OTHER })}`);
    expect([first.holder?.issuer, second.holder?.issuer]).toEqual([ID, OTHER]);
  });

  test('cannot sign for each other', async () => {
    time = START;
    const tokens = both();
    const forged = await tokens.present(`Bearer ${await another.sign(GOLD)}`);
    const inverse = await tokens.present(`Bearer ${await one.sign({ ...GOLD, iss: OTHER })}`);
    expect([forged.authContext, inverse.authContext]).toEqual([null, null]);
  });

  test('give their own meaning to the same claim', async () => {
    time = START;
    const { authContext } = await both().present(`Bearer ${await another.sign({ ...GOLD, iss: OTHER })}`);
    expect(refuseStepUp(authContext, requirement(), START)?.code).toBe('STEP_UP_REQUIRED');
  });
});

describe('the evidence of a token', () => {
  test('meets a guard that accepts every second factor until it is too old, to the second', async () => {
    expect(await refusal({}, { maxAge: 300 }, START + 300)).toBeNull();
    expect(await refusal({}, { maxAge: 300 }, START + 301)).toBe('STEP_UP_REQUIRED');
  });

  test('does not name a second factor that the issuer does not name', async () => {
    expect(await refusal({}, { accept: ['TOTP'] })).toBe('STEP_UP_REQUIRED');
    expect(await refusal({ acr: 'app' }, { accept: ['TOTP'] })).toBeNull();
    expect(await refusal({ acr: 'app' }, { accept: ['PHONE_CODE'] })).toBe('STEP_UP_REQUIRED');
  });

  test.each<[string, object]>([
    ['an unknown level', { acr: 'platinum' }],
    ['a level that is the name of an inherited property', { acr: 'constructor' }],
    ['a level that is a list', { acr: ['gold'] }],
    ['no level', { acr: undefined }],
    ['a level that proves nothing, whatever the methods say', { acr: 'bronze', amr: ['pwd', 'otp', 'mfa'] }],
    ['one method', { acr: undefined, amr: ['otp'] }],
    ['two methods of one category', { acr: undefined, amr: ['otp', 'sms'] }],
    ['unknown methods', { acr: undefined, amr: ['face', 'iris', 'toString'] }],
    ['an unknown method beside a known one', { acr: undefined, amr: ['otp', 'magic'] }],
    ['methods that are not texts', { acr: undefined, amr: [{ mfa: true }] }],
    ['no time', { auth_time: undefined }],
    ['a time that is a text', { auth_time: String(START) }],
    ['a time in the future', { auth_time: START + 6 }],
    ['a time in milliseconds', { auth_time: START * 1000 }],
  ])('with %s proves no second factor', async (_, claims) => {
    expect(await refusal(claims)).toBe('STEP_UP_REQUIRED');
  });

  test('with the methods of two categories proves a second factor (RFC 8176)', async () => {
    expect(await refusal({ acr: undefined, amr: ['pwd', 'otp'] })).toBeNull();
    expect(await refusal({ acr: undefined, amr: ['pwd', 'mfa'] })).toBeNull();
  });

  test('never makes a first factor enough, because the issuer does not say whether there is a second one', async () => {
    const demand = { require: 'STRONGEST_ENROLLED' } as const;
    expect(await refusal({ acr: 'bronze' }, demand)).toBe('STEP_UP_REQUIRED');
    expect(await refusal({}, demand)).toBeNull();
  });

  test('is never a proof for one operation', async () => {
    expect(await refusal({}, { bind: 'OPERATION' })).toBe('STEP_UP_REQUIRED');
  });
});

describe('the keys', () => {
  const discovering = (url: string, metadata: unknown) => {
    one.state.metadata = metadata;
    time = START;
    failures.length = 0;
    return acceptTokens(accepted({ issuer: url, jwksUrl: undefined }), OPTIONS);
  };

  test('are found in the metadata of the issuer', async () => {
    const tokens = discovering(one.url, { issuer: one.url, jwks_uri: one.jwksUrl });
    const { fault } = await tokens.present(`Bearer ${await one.sign({ ...GOLD, iss: one.url })}`);
    expect([fault, failures]).toEqual([null, []]);
  });

  test('of metadata that another issuer wrote are not taken', async () => {
    const tokens = discovering(one.url, { issuer: ID, jwks_uri: one.jwksUrl });
    const { authContext } = await tokens.present(`Bearer ${await one.sign({ ...GOLD, iss: one.url })}`);
    expect(authContext).toBeNull();
    expect(failures).toMatchObject([{ message: expect.stringContaining('Set jwksUrl') }]);
  });

  test('that cannot be read make nobody signed in, and are told to the operator', async () => {
    one.state.isDown = true;
    const { authContext } = await present(await one.sign(GOLD));
    one.state.isDown = false;
    expect(authContext).toBeNull();
    expect(failures).toHaveLength(1);
  });
});

describe('an issuer is refused at the start', () => {
  test.each<[string, Partial<AcceptedIssuer>, string]>([
    ['without its name', { issuer: '' }, '`issuer`'],
    ['without an audience', { audience: '' }, '`audience`'],
    ['with an empty list of audiences', { audience: [] }, '`audience`'],
    ['with neither an audience nor a condition', { audience: null }, '`check`'],
    ['with a shared secret', { algorithms: ['RS256', 'HS256'] }, 'HS256'],
    ['with unsigned tokens', { algorithms: ['none'] }, 'none'],
    ['without algorithms', { algorithms: [] }, 'algorithms'],
  ])('%s', (_, options, message) => {
    expect(() => acceptTokens(accepted(options))).toThrow(message);
  });

  test('when it is listed twice, or there is none', () => {
    expect(() => acceptTokens([accepted(), accepted()])).toThrow('listed twice');
    expect(() => acceptTokens([])).toThrow('at least one');
  });
});
