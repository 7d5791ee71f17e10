// The rules of linking (L1 to L9) and of step-up at a provider (I6).
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { TestApp } from '../../harness/app.ts';
import { approvedToken } from '../../harness/approved.ts';
import { PASSWORD, TestClient } from '../../harness/client.ts';
import { IdentityProvider } from '../../harness/identity-provider.ts';
import { query } from '../../harness/sql.ts';
import { appWith, attempt, callback, entry, native, type Reply, signInWith, visit } from './visits.ts';

let trusted: IdentityProvider;
let other: IdentityProvider;
let app: TestApp;
let client: TestClient;

beforeAll(async () => {
  const options = (id: string) => ({ redirectUris: [callback(id), native(id)] });
  [trusted, other] = await Promise.all([
    IdentityProvider.start(options('trusted')),
    IdentityProvider.start(options('other')),
  ]);
  app = await appWith([
    entry('trusted', trusted, { addresses: 'email_verified' }),
    entry('other', other, {
      signUp: 'always',
      secondFactor: { acr: ['phr'], amr: ['mfa'], freshSeconds: 60 },
    }),
  ]);
  client = new TestClient(app);
});
afterAll(async () => {
  await app[Symbol.asyncDispose]();
  await Promise.all([trusted[Symbol.asyncDispose](), other[Symbol.asyncDispose]()]);
});

let sub: string;
let email: string;
beforeEach(() => {
  sub = randomUUID();
  email = `${sub}@example.com`;
  trusted.visitor = { sub, email, email_verified: true };
  other.visitor = { sub, email, email_verified: true };
});

const identities = (): Promise<{ user_id: string; linked_at: Date | null }[]> =>
  query(app.databaseUrl, 'select user_id, linked_at from identity where subject = $1', [sub]) as never;
const linked = async () => (await identities()).filter(({ linked_at: at }) => at !== null);
const tokenOf = ({ session, ...reply }: Reply): string => {
  if (session === null || session === undefined)
    throw new Error(`No session: ${JSON.stringify(reply).slice(0, 300)}`);
  return session.accessToken;
};
const viewerOf = async (token: string) =>
  (
    await client.graphql(
      '{ viewer { id identities { id providerId address } authenticators { factor } emailAddresses { address } assurance { level evidence { factor categories } } } }',
      {},
      token,
    )
  ).data.viewer;
const notices = async (to: string) =>
  (await client.inbox()).filter((one) => one.to === to).map(({ subject }) => subject);

describe('automatic linking', () => {
  test('L1, L8: an identity is found by issuer and subject; a changed address at the provider changes nothing here', async () => {
    const first = await viewerOf(tokenOf(await signInWith(client, 'trusted')));
    const victim = await client.signUp();
    trusted.visitor = { sub, email: victim.email, email_verified: true };
    const again = await viewerOf(tokenOf(await signInWith(client, 'trusted')));
    expect(again).toMatchObject({ id: first.id, emailAddresses: [{ address: email }] });
  });

  test('L2, L9: a user who has verified the address that the provider vouches for is linked, and told', async () => {
    const person = await client.signUp(email);
    const { id } = await viewerOf(person.accessToken);
    const reply = await signInWith(client, 'trusted');
    expect(await viewerOf(tokenOf(reply))).toMatchObject({
      id,
      identities: [{ providerId: 'trusted', address: email }],
    });
    expect(await notices(email)).toContain('A sign-in method was added');
    // The same with the identifier entered first.
    expect((await attemptAs(email)).status).toBe('COMPLETE');
  });

  async function attemptAs(identifier: string, providerId = 'trusted'): Promise<Reply> {
    const { id } = await client.startSignIn({ identifier });
    const { proof } = await visit(client, id, providerId);
    return attempt(client, id, proof);
  }

  test('L2: a provider that does not vouch for addresses links nobody, and gives away nobody’s account', async () => {
    const person = await client.signUp(email);
    const stranger = await viewerOf(tokenOf(await signInWith(client, 'other')));
    expect(stranger.id).not.toBe((await viewerOf(person.accessToken)).id);
    expect(stranger.emailAddresses).toEqual([]);
    trusted.visitor = { sub: randomUUID(), email, email_verified: false };
    expect((await signInWith(client, 'trusted')).code).toBe('IDENTITY_NOT_LINKED');
    trusted.visitor = { sub: randomUUID(), email: `${randomUUID()}@example.com`, email_verified: false };
    expect((await signInWith(client, 'trusted')).code).toBe('IDENTITY_NOT_LINKED');
    // The answer for an account without this identity is that for no account.
    expect((await attemptAs(email, 'other')).code).toBe('PROOF_REJECTED');
    expect((await attemptAs(`${randomUUID()}@example.com`, 'other')).code).toBe('PROOF_REJECTED');
  });

  test('L2: with the identifier of somebody else entered first, an identity opens neither account', async () => {
    await signInWith(client, 'trusted');
    const victim = await client.signUp();
    expect((await attemptAs(victim.email)).code).toBe('PROOF_REJECTED');
    expect((await attemptAs('nobody@example.com')).code).toBe('PROOF_REJECTED');
  });

  test('L2: an address that the provider has given to somebody else opens nothing', async () => {
    await client.signUp(email);
    expect((await signInWith(client, 'trusted')).status).toBe('COMPLETE');
    trusted.visitor = { sub: randomUUID(), email, email_verified: true };
    expect((await signInWith(client, 'trusted')).code).toBe('IDENTITY_NOT_LINKED');
    expect((await attemptAs(email)).code).toBe('PROOF_REJECTED');
  });

  /** Gives the user a second address. */
  const addAddress = (userId: string, verifiedAt: Date | null) =>
    query(
      app.databaseUrl,
      `insert into email_address (id, tenant_id, user_id, address, created_at, verified_at)
       values (gen_random_uuid(), 'default', $1, $2, now(), $3)`,
      [userId, email, verifiedAt],
    );

  test('L2, L9: any address that the user has verified counts, and a link is told to all of them', async () => {
    const person = await client.signUp();
    const { id } = await viewerOf(person.accessToken);
    await addAddress(id, new Date());
    expect((await viewerOf(tokenOf(await signInWith(client, 'trusted')))).id).toBe(id);
    for (const to of [person.email, email]) expect(await notices(to)).toContain('A sign-in method was added');
  });

  test('L3, L8: an address that the user has not verified here counts for nothing, whatever the provider says', async () => {
    const person = await client.signUp();
    const { id } = await viewerOf(person.accessToken);
    await addAddress(id, null);
    const owner = await viewerOf(tokenOf(await signInWith(client, 'trusted')));
    expect(owner.id).not.toBe(id);
    expect((await viewerOf(person.accessToken)).identities).toEqual([]);
    // The provider gives the user's identity the address of somebody else: nothing here follows it.
    trusted.visitor = { sub, email: person.email, email_verified: true };
    expect(await viewerOf(tokenOf(await signInWith(client, 'trusted')))).toMatchObject({
      id: owner.id,
      emailAddresses: [{ address: email }],
    });
  });

  test('L3: an account whose address was never proved is neither linked nor joined', async () => {
    const squatter = await client.startSignUp({ email, password: PASSWORD });
    const owner = await viewerOf(tokenOf(await signInWith(client, 'trusted')));
    expect(owner.authenticators).toEqual([]);
    const { id } = await client.startSignIn({ identifier: email });
    expect((await client.attempt(id, { password: PASSWORD })).code).toBe('PROOF_REJECTED');
    await client.prepare(squatter.id, 'EMAIL_CODE');
    expect(await linked()).toMatchObject([{ user_id: owner.id }]);
  });

  test('L4: a user with a second factor proves it before the identity is linked, and every time after that', async () => {
    const person = await client.signUp(email);
    const { secret } = await client.enrollTotp(person.accessToken);
    const { id } = await client.startSignIn({});
    const { proof } = await visit(client, id, 'trusted');
    expect((await attempt(client, id, proof)).status).toBe('NEEDS_SECOND_FACTOR');
    expect([(await identities()).length, (await linked()).length]).toEqual([1, 0]);
    // Another sign-in does not find what only waits.
    const { id: other } = await client.startSignIn({});
    const { proof: second } = await visit(client, other, 'trusted');
    expect((await attempt(client, other, second)).status).toBe('NEEDS_SECOND_FACTOR');
    expect((await client.attempt(id, { totp: '000000' })).code).toBe('PROOF_REJECTED');
    expect(await linked()).toEqual([]);
    expect((await client.attempt(id, { totp: client.totp(secret, 1) })).status).toBe('COMPLETE');
    expect(await linked()).toHaveLength(1);
    expect((await signInWith(client, 'trusted')).status).toBe('NEEDS_SECOND_FACTOR');
  });

  test('of two parallel sign-ups with one identity, one account is made', async () => {
    const replies = await Promise.all([signInWith(client, 'trusted'), signInWith(client, 'trusted')]);
    expect(replies.some(({ status }) => status === 'COMPLETE')).toBe(true);
    expect(await linked()).toHaveLength(1);
    expect(
      await query(app.databaseUrl, 'select id from email_address where address = $1', [email]),
    ).toHaveLength(1);
  });

  test('where the tenant demands a second factor, a new user enrolls one before there is a session', async () => {
    await query(
      app.databaseUrl,
      "insert into tenant (id, second_factor, created_at) values ('strict', 'REQUIRED', now())",
    );
    const reply = await signInWith(client, 'trusted', { tenant: 'strict' });
    expect(reply).toMatchObject({ status: 'NEEDS_ENROLLMENT', session: null });
    const done = await client.attempt(reply.id, { totp: client.totp(reply.totp?.secret ?? '') });
    expect(done.status).toBe('COMPLETE');
  });
});

describe('linking by hand', () => {
  const LINK =
    'mutation ($providerId: ID!) { linkProvider(providerId: $providerId) { __typename ... on Enrollment { id status factors { factor providerId } } ... on UserError { code } } }';
  const UNLINK =
    'mutation ($identityId: ID!) { unlinkProvider(identityId: $identityId) { __typename ... on UserError { code } } }';

  const approve = (token: string, document: string, variables: object, proof: () => object) =>
    approvedToken(client, token, { query: document, variables }, proof);

  async function link(token: string, providerId: string, proof: () => object): Promise<Reply> {
    const approved = await approve(token, LINK, { providerId }, proof);
    const { data, errors } = await client.graphql(LINK, { providerId }, approved);
    expect(errors).toEqual([]);
    const { id } = data.linkProvider;
    const { proof: answer } = await visit(client, id, providerId, { token });
    return attempt(client, id, answer, { token });
  }

  test('L5: linkProvider and unlinkProvider are refused without a proof bound to them', async () => {
    const { accessToken } = await client.signUp();
    const refused = [
      await client.graphql(LINK, { providerId: 'other' }, accessToken),
      await client.graphql(UNLINK, { identityId: randomUUID() }, accessToken),
    ];
    for (const { errors } of refused)
      expect(errors[0]?.extensions).toMatchObject({ code: 'STEP_UP_REQUIRED', bind: 'OPERATION' });
    // A proof for one provider does not link another.
    const approved = await approve(accessToken, LINK, { providerId: 'trusted' }, () => ({
      password: PASSWORD,
    }));
    const { errors } = await client.graphql(LINK, { providerId: 'other' }, approved);
    expect(errors[0]?.extensions.code).toBe('STEP_UP_REQUIRED');
  });

  test('L5, L9: a linked identity signs in; unlinked, it does not, and its sessions have ended', async () => {
    const person = await client.signUp();
    const password = () => ({ password: PASSWORD });
    expect((await link(person.accessToken, 'other', password)).status).toBe('COMPLETE');
    const session = tokenOf(await signInWith(client, 'other'));
    const { id, identities: own } = await viewerOf(session);
    expect(id).toBe((await viewerOf(person.accessToken)).id);
    const approved = await approve(person.accessToken, UNLINK, { identityId: own[0].id }, password);
    const { data } = await client.graphql(UNLINK, { identityId: own[0].id }, approved);
    expect(data.unlinkProvider.__typename).toBe('User');
    expect(
      (await client.graphql('{ viewer { id } }', {}, session)).errors[0]?.extensions.code ?? 'null',
    ).toMatch(/UNAUTHENTICATED|null/);
    expect((await viewerOf(person.accessToken)).identities).toEqual([]);
    expect(await notices(person.email)).toEqual(
      expect.arrayContaining(['A sign-in method was added', 'A sign-in method was removed']),
    );
    // Somebody new, with an account of their own.
    expect((await viewerOf(tokenOf(await signInWith(client, 'other')))).id).not.toBe(id);
  });

  test('L4, L5: a user with a second factor approves it with that', async () => {
    const person = await client.signUp();
    const { secret, tokens } = await client.enrollTotp(person.accessToken);
    expect((await link(tokens.accessToken, 'other', () => ({ totp: client.totp(secret, 1) }))).status).toBe(
      'COMPLETE',
    );
    expect((await signInWith(client, 'other')).status).toBe('NEEDS_SECOND_FACTOR');
  });

  test('L5: an identity of somebody else cannot be linked', async () => {
    await signInWith(client, 'other');
    const { accessToken } = await client.signUp();
    expect((await link(accessToken, 'other', () => ({ password: PASSWORD }))).code).toBe('IDENTITY_TAKEN');
    expect(await linked()).toHaveLength(1);
  });

  test('L5: the last way in stays', async () => {
    const token = tokenOf(await signInWith(client, 'other'));
    const { identities: own } = await viewerOf(token);
    const start =
      'mutation ($input: StartStepUpInput!) { startStepUp(input: $input) { ... on StepUp { id factors { factor providerId } } ... on UserError { code } } }';
    const operation = { query: UNLINK, variables: { identityId: own[0].id } };
    const { data } = await client.graphql(
      start,
      { input: { require: 'STRONGEST_ENROLLED', operation } },
      token,
    );
    expect(data.startStepUp.factors).toEqual([{ factor: 'OAUTH', providerId: 'other' }]);
    const { url, proof } = await visit(client, data.startStepUp.id, 'other', { token });
    expect(new URL(url).searchParams.get('max_age')).toBe('0');
    const approved = tokenOf(await attempt(client, data.startStepUp.id, proof, { token }));
    const refused = await client.graphql(UNLINK, { identityId: own[0].id }, approved);
    expect(refused.data.unlinkProvider.code).toBe('LAST_WAY_IN');
    expect(await linked()).toHaveLength(1);
  });

  test('an identity of another user is not found', async () => {
    await signInWith(client, 'trusted');
    const [{ id: identityId }] = (await query(app.databaseUrl, 'select id from identity where subject = $1', [
      sub,
    ])) as [{ id: string }];
    const { accessToken } = await client.signUp();
    const approved = await approve(accessToken, UNLINK, { identityId }, () => ({ password: PASSWORD }));
    const { data } = await client.graphql(UNLINK, { identityId }, approved);
    expect(data.unlinkProvider.code).toBe('NOT_FOUND');
    expect(await linked()).toHaveLength(1);
  });
});

describe('I6: what a provider says of its own second factor', () => {
  /** As if the user had authenticated so many seconds ago. Null: it does not say when. */
  const authenticated = (ago: number | null) =>
    ago === 0
      ? null
      : ({ auth_time: at, ...claims }: Record<string, unknown>) =>
          ago === null ? claims : { ...claims, auth_time: Number(at) - ago };

  const levelOf = async (reply: Reply) => (await viewerOf(tokenOf(reply))).assurance;

  test.each([
    ['a trusted acr', { acr: 'phr' }, 'AAL2'],
    ['a trusted amr', { amr: ['pwd', 'mfa'] }, 'AAL2'],
    ['another acr and amr', { acr: 'aal1', amr: ['pwd'] }, 'AAL1'],
    ['nothing', {}, 'AAL1'],
  ])('%s makes the session %s', async (_what, said, level) => {
    other.visitor = { ...other.visitor, ...said };
    expect((await levelOf(await signInWith(client, 'other'))).level).toBe(level);
    // The other provider says the same, and is not trusted.
    trusted.visitor = { ...trusted.visitor, ...said };
    expect((await levelOf(await signInWith(client, 'trusted'))).level).toBe('AAL1');
  });

  test('an old, a future and a missing auth_time count for one factor only', async () => {
    other.visitor = { ...other.visitor, acr: 'phr' };
    for (const age of [61, -60, null]) {
      other.claims = authenticated(age);
      const { level, evidence } = await levelOf(await signInWith(client, 'other'));
      expect([age, level, evidence]).toEqual([age, 'AAL1', [{ factor: 'OAUTH', categories: ['KNOWLEDGE'] }]]);
    }
    other.claims = null;
  });

  test('a user with a second factor of ours still proves it', async () => {
    const token = tokenOf(await signInWith(client, 'other'));
    await client.enrollTotp(token);
    other.visitor = { ...other.visitor, acr: 'phr' };
    expect((await signInWith(client, 'other')).status).toBe('NEEDS_SECOND_FACTOR');
  });

  test('a step-up at the provider asks for a new authentication, and refuses an older one', async () => {
    const token = tokenOf(await signInWith(client, 'other'));
    const operation = { query: 'mutation { linkProvider(providerId: "trusted") { __typename } }' };
    const started = await client.startStepUp({ require: 'STRONGEST_ENROLLED', operation }, token);
    expect(started.factors.map(({ factor }) => factor)).toEqual(['OAUTH']);
    for (const [age, code] of [
      [5, 'PROOF_REJECTED'],
      [null, 'PROOF_REJECTED'],
      [0, undefined],
    ] as const) {
      other.claims = authenticated(age);
      const { url, proof } = await visit(client, started.id, 'other', { token });
      expect(new URL(url).searchParams.get('max_age')).toBe('0');
      expect(new URL(url).searchParams.get('acr_values')).toBe('phr');
      expect([age, (await attempt(client, started.id, proof, { token })).code]).toEqual([age, code]);
    }
    other.claims = null;
  });
});
