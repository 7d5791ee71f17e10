// Opaque tokens of another issuer, which only the issuer can explain (RFC 7662).
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { acceptTokens } from '../../../src/step-up/issuers/accept-tokens.ts';
import { UNNAMED } from '../../../src/step-up/issuers/claims.ts';
import type { AcceptedIssuer } from '../../../src/step-up/issuers/issuer.ts';
import { type Issuer, START, startIssuer } from './issuer.ts';

const ID = 'https://id.example.com';
const ACTIVE = { active: true, sub: 'user-1', aud: 'api', exp: START + 600, acr: 'gold', auth_time: START };

let issuer: Issuer;
let time: number;
const failures: unknown[] = [];

beforeAll(async () => {
  issuer = await startIssuer();
});
afterAll(() => issuer[Symbol.asyncDispose]());
beforeEach(() => {
  time = START;
  failures.length = 0;
  issuer.asked.length = 0;
  issuer.opaque.clear();
});

function accepted(name = ID): AcceptedIssuer {
  const { url, jwksUrl } = issuer;
  const introspection = {
    url: `${url}/introspect`,
    clientId: 'my api',
    clientSecret: 'a:b',
    cacheSeconds: 10,
  };
  return { issuer: name, audience: 'api', jwksUrl, claims: { acr: { gold: UNNAMED } }, introspection };
}

const tokens = () =>
  acceptTokens(accepted(), { now: () => new Date(time * 1000), onError: (error) => failures.push(error) });

test('an active token names its user and what they proved, and the issuer is asked as its client', async () => {
  issuer.opaque.set('opaque', ACTIVE);
  const { holder, authContext } = await tokens().present('Bearer opaque');
  expect(holder).toEqual({ issuer: ID, userId: 'user-1', sessionId: null });
  expect(authContext?.evidence).toMatchObject([{ factor: 'OAUTH', completedAt: START }]);
  const credentials = Buffer.from('my%20api:a%3Ab').toString('base64');
  expect(issuer.asked).toMatchObject([{ path: '/introspect', authorization: `Basic ${credentials}` }]);
});

test.each<[string, object]>([
  ['is not active', { ...ACTIVE, active: false }],
  ['is for another audience', { ...ACTIVE, aud: ['another'] }],
  ['is for nobody in particular', { ...ACTIVE, aud: undefined }],
  ['is of another issuer', { ...ACTIVE, iss: 'https://other.example.com' }],
  ['has no user', { ...ACTIVE, sub: undefined }],
])('a token that %s is refused', async (_, answer) => {
  issuer.opaque.set('opaque', answer);
  expect(await tokens().present('Bearer opaque')).toMatchObject({ authContext: null, fault: 'INVALID' });
  expect(failures).toEqual([]);
});

test('an answer is kept for as long as the operator allows, and no longer', async () => {
  const verifier = tokens();
  issuer.opaque.set('opaque', ACTIVE);
  await Promise.all([verifier.present('Bearer opaque'), verifier.present('Bearer opaque')]);
  issuer.opaque.delete('opaque');
  time = START + 9;
  expect(await verifier.present('Bearer opaque')).toMatchObject({ fault: null });
  expect(issuer.asked).toHaveLength(1);
  time = START + 10;
  expect(await verifier.present('Bearer opaque')).toMatchObject({ authContext: null, fault: 'INVALID' });
});

test('a kept answer does not outlive its token', async () => {
  const verifier = tokens();
  issuer.opaque.set('opaque', { ...ACTIVE, exp: START + 1 });
  expect(await verifier.present('Bearer opaque')).toMatchObject({ fault: null });
  time = START + 6;
  expect(await verifier.present('Bearer opaque')).toMatchObject({ authContext: null, fault: 'EXPIRED' });
});

test('an issuer that does not answer makes nobody signed in, and its failure is not kept', async () => {
  const verifier = tokens();
  issuer.opaque.set('opaque', ACTIVE);
  issuer.state.isDown = true;
  expect(await verifier.present('Bearer opaque')).toMatchObject({ authContext: null });
  issuer.state.isDown = false;
  expect(failures).toHaveLength(1);
  expect(await verifier.present('Bearer opaque')).toMatchObject({ fault: null });
});

test('an answer without a boolean `active` is a failure of the issuer, not an active token', async () => {
  issuer.opaque.set('opaque', { ...ACTIVE, active: 'true' });
  expect(await tokens().present('Bearer opaque')).toMatchObject({ authContext: null });
  expect(failures).toHaveLength(1);
});

test('a signed token is verified with the keys, and the issuer is not asked', async () => {
  const token = await issuer.sign({ iss: ID, aud: 'api', sub: 'user-1' });
  expect(await tokens().present(`Bearer ${token}`)).toMatchObject({ fault: null });
  expect(issuer.asked.map(({ path }) => path)).toEqual(['/keys']);
});

test('two issuers cannot both explain opaque tokens, because a token does not name its issuer', () => {
  expect(() => acceptTokens([accepted(), accepted('https://other.example.com')])).toThrow('Only one issuer');
});
