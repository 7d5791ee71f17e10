// I6: a user without a second factor here steps up at a provider whose second factor the configuration trusts.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { TestApp } from '../../harness/app.ts';
import { TestClient } from '../../harness/client.ts';
import { IdentityProvider } from '../../harness/identity-provider.ts';
import { query } from '../../harness/sql.ts';
import { appWith, attempt, callback, entry, native, prepare, signInWith, visit } from './visits.ts';

const TRUST = { acr: ['phr'], amr: ['mfa'], freshSeconds: 60 };
const GUARDED = '{ viewer { id auditEvents { type } } }';

let trusted: IdentityProvider;
let other: IdentityProvider;
let app: TestApp;
let client: TestClient;

const entries = (secondFactor: object | null) => [
  entry('trusted', trusted, {
    signUp: 'always',
    addresses: 'email_verified',
    ...(secondFactor && { secondFactor }),
  }),
  entry('other', other, { signUp: 'always', addresses: 'email_verified' }),
];

beforeAll(async () => {
  const options = (id: string) => ({ redirectUris: [callback(id), native(id)] });
  [trusted, other] = await Promise.all([
    IdentityProvider.start(options('trusted')),
    IdentityProvider.start(options('other')),
  ]);
  app = await appWith(entries(TRUST));
  client = new TestClient(app);
});
afterAll(async () => {
  await app[Symbol.asyncDispose]();
  await Promise.all([trusted[Symbol.asyncDispose](), other[Symbol.asyncDispose]()]);
});
beforeEach(() => {
  const sub = randomUUID();
  trusted.visitor = { sub, email: `${sub}@example.com`, email_verified: true, acr: 'phr' };
  other.visitor = { sub, email: `${sub}@example.com`, email_verified: true, acr: 'phr' };
  trusted.claims = null;
});

/** As if the user had authenticated so many seconds ago. Null: the provider does not say when. */
function authenticated(ago: number | null): void {
  trusted.claims = ({ auth_time: at, ...claims }) =>
    ago === null ? claims : { ...claims, auth_time: Number(at) - ago };
}

async function signIn(provider = 'trusted'): Promise<{ token: string; sessionId: string }> {
  const { session } = await signInWith(client, provider);
  if (session == null) throw new Error('No session.');
  return { token: session.accessToken, sessionId: session.session.id };
}

/** As if everything in the session had been proved an hour ago. */
async function age(sessionId: string): Promise<void> {
  await query(
    app.databaseUrl,
    `update session set evidence = (
       select jsonb_agg(one || jsonb_build_object('completedAt', (one ->> 'completedAt')::int - 3600))
       from jsonb_array_elements(evidence) one
     ) where id = $1`,
    [sessionId],
  );
}

/** What the guard says of a field with `@stepUp`: null when it lets the user in. */
async function refusal(token: string, by = client): Promise<{ code: string; remedy: string } | null> {
  const { errors } = await by.graphql(GUARDED, {}, token);
  const { code, remedy } = (errors[0]?.extensions ?? {}) as { code: string; remedy: string };
  return errors[0] === undefined ? null : { code, remedy };
}
const STEP_UP = { code: 'STEP_UP_REQUIRED', remedy: 'STEP_UP' };
const ENROLL = { code: 'ENROLLMENT_REQUIRED', remedy: 'ENROLL' };

interface Started {
  readonly id: string;
  readonly status?: string;
  readonly code?: string;
  readonly factors: readonly { readonly factor: string; readonly providerId: string | null }[];
}

async function start(input: object, token: string, by = client): Promise<Started> {
  const document = `mutation ($input: StartStepUpInput!) { startStepUp(input: $input) {
    ... on StepUp { id status factors { factor providerId } } ... on UserError { code }
  } }`;
  return (await by.graphql(document, { input }, token)).data.startStepUp;
}

/** A session that needs a step-up, and one that has begun. */
async function begun(): Promise<{ token: string; sessionId: string; id: string }> {
  const { token, sessionId } = await signIn();
  await age(sessionId);
  const { id } = await start({ maxAge: 600 }, token);
  return { token, sessionId, id };
}

test('I6: a step-up at the provider opens a field for as long as its maxAge says', async () => {
  const { token, sessionId } = await signIn();
  expect(await refusal(token)).toBeNull();
  await age(sessionId);
  expect(await refusal(token)).toEqual(STEP_UP);
  const { id, status, factors } = await start({ maxAge: 600 }, token);
  expect([status, factors]).toEqual(['NEEDS_PROOF', [{ factor: 'OAUTH', providerId: 'trusted' }]]);
  const { url, proof } = await visit(client, id, 'trusted', { token });
  const asked = new URL(url).searchParams;
  expect([asked.get('max_age'), asked.get('acr_values')]).toEqual(['0', 'phr']);
  const done = await attempt(client, id, proof, { token });
  expect(done.status).toBe('COMPLETE');
  expect(await refusal(done.session?.accessToken ?? '')).toBeNull();
  await age(sessionId);
  expect(await refusal(done.session?.accessToken ?? '')).toEqual(STEP_UP);
});

describe('I6: what comes back does not count', () => {
  test.each<[string, () => void]>([
    ['without the acr', () => Object.assign(trusted.visitor, { acr: undefined })],
    ['with another acr', () => Object.assign(trusted.visitor, { acr: 'aal1' })],
    ['with an authentication from before the request', () => authenticated(5)],
    ['with one in the future', () => authenticated(-60)],
    ['without auth_time', () => authenticated(null)],
    ['of somebody else', () => Object.assign(trusted.visitor, { sub: randomUUID(), email: undefined })],
  ])('%s', async (_what, change) => {
    const { token, id } = await begun();
    change();
    const { proof } = await visit(client, id, 'trusted', { token });
    expect((await attempt(client, id, proof, { token })).code).toBe('PROOF_REJECTED');
    expect(await refusal(token)).toEqual(STEP_UP);
    // Nor does the same answer later.
    trusted.claims = null;
    expect((await attempt(client, id, proof, { token })).code).toBe('PROOF_REJECTED');
  });

  test.each([
    ['its second factor is not trusted any more', () => entries(null)],
    ['it was removed', () => entries(null).slice(1)],
  ])('if meanwhile %s', async (_what, changed) => {
    const { token, id } = await begun();
    const { proof } = await visit(client, id, 'trusted', { token });
    await using later = await appWith(changed(), {}, app.databaseUrl);
    const there = new TestClient(later);
    expect((await attempt(there, id, proof, { token })).code).toMatch(/PROOF_REJECTED|FACTOR_NOT_OFFERED/);
    expect(await refusal(token, there)).toEqual(ENROLL);
    expect((await start({ maxAge: 600 }, token, there)).code).toBe('ENROLLMENT_REQUIRED');
  });

  test('if the user has meanwhile enrolled a second factor here', async () => {
    const { token } = await signIn();
    const { id } = await start({}, token);
    const { proof } = await visit(client, id, 'trusted', { token });
    await client.enrollTotp(token);
    expect((await attempt(client, id, proof, { token })).code).toBe('FACTOR_NOT_OFFERED');
  });
});

describe('I6: a sign-in at the provider', () => {
  test('counts from when the user authenticated there, not from when its answer came', async () => {
    authenticated(40);
    const { token } = await signIn();
    expect((await start({ maxAge: 600 }, token)).status).toBe('COMPLETE');
    expect((await start({ maxAge: 20 }, token)).status).toBe('NEEDS_PROOF');
  });

  test('that proved one category is stepped up there as well', async () => {
    Object.assign(trusted.visitor, { acr: 'aal1' });
    const { token } = await signIn();
    expect(await refusal(token)).toEqual(STEP_UP);
    Object.assign(trusted.visitor, { acr: 'phr' });
    const { id } = await start({ maxAge: 600 }, token);
    const { proof } = await visit(client, id, 'trusted', { token });
    const { session } = await attempt(client, id, proof, { token });
    expect(await refusal(session?.accessToken ?? '')).toBeNull();
  });
});

describe('I6: a step-up at the provider is not offered', () => {
  test('to a user who has a second factor here: they prove that one', async () => {
    const { token } = await signIn();
    await client.enrollTotp(token);
    const { factors } = await start({}, token);
    expect(factors.map(({ factor }) => factor)).toContain('TOTP');
    expect(factors.map(({ factor }) => factor)).not.toContain('OAUTH');
  });

  test('for another provider, whatever that one says', async () => {
    const { token } = await signIn('other');
    expect(await refusal(token)).toEqual(ENROLL);
    expect((await start({}, token)).code).toBe('ENROLLMENT_REQUIRED');
    // Somebody who has accounts at both is asked at the trusted one only.
    const both = await signIn('trusted');
    const { id, factors } = await start({}, both.token);
    expect(factors).toEqual([{ factor: 'OAUTH', providerId: 'trusted' }]);
    const { reply } = await prepare(
      client,
      { workflowId: id, providerId: 'other', redirectUri: native('other'), bindingDigest: 'x'.repeat(43) },
      { token: both.token },
    );
    expect(reply.code).toBe('FACTOR_NOT_OFFERED');
  });

  test.each([
    ['which factor it takes', { accept: ['TOTP', 'PASSKEY'] }],
    ['how old the factor is', { minFactorAge: 60 }],
    [
      'which operation the proof is for',
      { operation: { query: 'mutation { regenerateBackupCodes { codes } }' } },
    ],
  ])('where a guard says %s, because the provider does not', async (_what, input) => {
    const { token } = await signIn();
    expect((await start(input, token)).code).toBe('ENROLLMENT_REQUIRED');
  });
});
