// Users of a captured domain sign in with its identity provider. Against real providers and a real name server.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { SoftwareAuthenticator } from '../../src/cli/demo/software-authenticator.ts';
import { readConfig } from '../../src/config/config.ts';
import { configurationDigest } from '../../src/factors/oauth/configuration-digest.ts';
import {
  attempt,
  callback,
  entry,
  native,
  prepare,
  providersFile,
  type Reply,
  signInWith,
  visit,
} from '../factors/oauth/visits.ts';
import { startTestApp, type TestApp } from '../harness/app.ts';
import { PASSWORD, TestClient } from '../harness/client.ts';
import { MachineClock } from '../harness/clock.ts';
import { IdentityProvider } from '../harness/identity-provider.ts';
import { NameServer } from '../harness/name-server.ts';
import { enrollPasskey, signInWithPasskey } from '../harness/passkeys.ts';
import { query } from '../harness/sql.ts';
import { DomainOwner } from './domain-owner.ts';

let names: NameServer;
let work: IdentityProvider;
let other: IdentityProvider;
let app: TestApp;
let client: TestClient;
let owner: DomainOwner;
let file: string;
let count = 0;
/** A captured domain of the provider `work`. */
let domain: string;
let sub: string;
/** An address in it. */
let email: string;

const entries = (more: object = {}) => [
  entry('work', work, more),
  entry('other', other, { addresses: 'email_verified', signUp: 'always' }),
  entry('hidden', other, { listed: false }),
];

beforeAll(async () => {
  names = await NameServer.start();
  const options = (...ids: string[]) => ({ redirectUris: ids.flatMap((id) => [callback(id), native(id)]) });
  [work, other] = await Promise.all([
    IdentityProvider.start(options('work')),
    IdentityProvider.start(options('other', 'hidden')),
  ]);
  file = await providersFile(entries());
  app = await start(file);
  client = new TestClient(app);
  owner = await DomainOwner.of(app, names);
});
afterAll(async () => {
  await app[Symbol.asyncDispose]();
  await Promise.all([names, work, other].map((one) => one[Symbol.asyncDispose]()));
});

function start(providers: string, databaseUrl?: string): Promise<TestApp> {
  const environment = { PROVIDERS_FILE: providers, DNS_SERVERS: names.address };
  return startTestApp(environment, databaseUrl, new MachineClock());
}

beforeEach(async () => {
  await query(app.databaseUrl, 'delete from email_domain');
  count += 1;
  domain = `capture-${count}.com`;
  sub = randomUUID();
  email = `${sub}@${domain}`;
  // It does not say whether addresses are verified, as many do not.
  work.visitor = { sub, email };
  other.visitor = { sub, email, email_verified: true };
});

/** As an activation leaves it. */
async function capture(name = domain, providerId = 'work', tenant = 'default'): Promise<void> {
  const { providers } = readConfig({ PROVIDERS_FILE: file }).providers;
  const settings = providers.find(({ id }) => id === providerId);
  if (settings === undefined) throw new Error('There is no such provider.');
  await query(
    app.databaseUrl,
    `insert into email_domain (tenant_id, name, id, token, provider, created_at, verified_at, active_digest, activated_at)
     values ($1, $2, gen_random_uuid(), 'token', $3, now(), now(), $4, now())`,
    [tenant, name, providerId, configurationDigest(settings)],
  );
}

const begin = async (identifier: string, input: object = {}) =>
  (await client.startSignIn({ identifier, ...input })) as unknown as Reply;
const offered = (reply: Reply) => reply.factors.map(({ factor, hint }) => [factor, hint]);

async function signInAs(identifier: string): Promise<Reply> {
  const { id } = await begin(identifier);
  const { proof } = await visit(client, id, 'work');
  return attempt(client, id, proof);
}

const viewerOf = async (reply: Pick<Reply, 'session'>) =>
  (
    await client.graphql(
      '{ viewer { id emailAddresses { address verifiedAt } identities { providerId } } }',
      {},
      reply.session?.accessToken ?? '',
    )
  ).data.viewer;
const linked = () =>
  query(app.databaseUrl, 'select user_id from identity where subject = $1 and linked_at is not null', [sub]);
const users = async (address = email) =>
  (await query(app.databaseUrl, 'select user_id from email_address where address = $1', [address])).length;

describe('what a sign-in offers', () => {
  test('O2: an address in a captured domain is offered its provider and nothing else, whether or not the account exists', async () => {
    await client.signUp(email);
    await capture();
    const replies = [await begin(email), await begin(`nobody@${domain}`), await begin(email.toUpperCase())];
    for (const reply of replies) {
      expect(reply).toMatchObject({ __typename: 'SignIn', status: 'NEEDS_FIRST_FACTOR', challenge: null });
      expect(offered(reply)).toEqual([['OAUTH', 'Provider WORK']]);
    }
    const [one, another] = replies.map(({ id: _id, ...rest }) =>
      JSON.stringify(rest).replaceAll(/"expiresAt":"[^"]*"/g, ''),
    );
    expect(one).toBe(another);
  });

  test('other domains, subdomains and other tenants are not concerned', async () => {
    await capture();
    await query(
      app.databaseUrl,
      "insert into tenant (id, created_at) values ('apart', now()) on conflict do nothing",
    );
    const others = [
      await begin(`a@eu.${domain}`),
      await begin(`a@x${domain}`),
      await begin(`a@${domain}.net`),
      await begin(email, { tenant: 'apart' }),
    ];
    for (const reply of others) expect(offered(reply).flat()).toContain('PASSWORD');
  });

  test('nothing else can be prepared or proved: no code, no password, no other provider', async () => {
    const person = await client.signUp(email);
    await capture();
    const { id } = await begin(email);
    expect((await client.prepare(id, 'EMAIL_CODE')).code).toBe('FACTOR_NOT_OFFERED');
    expect((await client.attempt(id, { password: person.password })).code).toBe('FACTOR_NOT_OFFERED');
    const { reply } = await prepare(client, {
      workflowId: id,
      providerId: 'other',
      redirectUri: native('other'),
      bindingDigest: 'A'.repeat(43),
    });
    expect(reply.code).toBe('FACTOR_NOT_OFFERED');
  });

  test('a provider that is not listed is shown to the users of its domains only', async () => {
    await capture(domain, 'hidden');
    const { data } = await client.graphql('{ settings { providers { id } } }');
    expect(data.settings.providers).toEqual([{ id: 'work' }, { id: 'other' }]);
    for (const reply of [await begin('a@example.com'), (await client.startSignIn({})) as unknown as Reply])
      expect(offered(reply)).not.toContainEqual(['OAUTH', 'Provider HIDDEN']);
    expect(offered(await begin(email))).toEqual([['OAUTH', 'Provider HIDDEN']]);
  });
});

describe('who is signed in, linked and signed up', () => {
  test('L2: a new user of the domain gets an account, and the same one the next time', async () => {
    await capture();
    const first = await signInAs(`typed-wrong@${domain}`);
    expect(first.status).toBe('COMPLETE');
    expect(await viewerOf(first)).toMatchObject({
      emailAddresses: [{ address: email, verifiedAt: expect.any(String) }],
      identities: [{ providerId: 'work' }],
    });
    expect((await viewerOf(await signInAs(email))).id).toBe((await viewerOf(first)).id);
    // And without an identifier.
    expect((await viewerOf(await signInWith(client, 'work'))).id).toBe((await viewerOf(first)).id);
  });

  test('L2, L9: a user who has verified an address in the domain is linked and told', async () => {
    const { accessToken } = await client.signUp(email);
    await capture();
    const reply = await signInAs(email);
    expect((await viewerOf(reply)).id).toBe((await viewerOf({ session: { accessToken } as never })).id);
    const subjects = (await client.inbox()).filter(({ to }) => to === email).map(({ subject }) => subject);
    expect(subjects).toContain('A sign-in method was added');
  });

  test('L2: without the domain, the same claim of the same provider links nobody', async () => {
    await client.signUp(email);
    expect((await signInWith(client, 'work')).code).toBe('IDENTITY_NOT_LINKED');
    expect(await linked()).toEqual([]);
  });

  test('L2: an address that the provider says is not verified is not linked', async () => {
    await client.signUp(email);
    await capture();
    work.visitor = { sub, email, email_verified: false };
    expect((await signInAs(email)).code).toBe('IDENTITY_NOT_LINKED');
    expect(await linked()).toEqual([]);
  });

  test('L3: an account whose address was never verified is not joined', async () => {
    const stranger = await client.startSignUp({ email, password: PASSWORD });
    await capture();
    const reply = await signInAs(email);
    expect(reply.status).toBe('COMPLETE');
    // The stranger's code is worth nothing any more.
    const emailCode = await client.codeFor(email);
    expect((await client.attempt(stranger.id, { emailCode })).code).toBe('PROOF_REJECTED');
    expect(await linked()).toHaveLength(1);
  });

  test('an identity with an address outside of the domain is neither linked nor signed up, whether or not the account exists', async () => {
    await capture();
    const outside = `${sub}@example.com`;
    await client.signUp(outside);
    const codes: (string | undefined)[] = [];
    for (const claimed of [
      outside,
      `nobody-${sub}@example.com`,
      `${sub}@eu.${domain}`,
      `${sub}@x${domain}`,
      undefined,
    ]) {
      work.visitor = { sub: randomUUID(), email_verified: true, ...(claimed && { email: claimed }) };
      codes.push((await signInAs(email)).code, (await signInWith(client, 'work')).code);
    }
    expect(new Set(codes)).toEqual(new Set(['IDENTITY_NOT_LINKED']));
    expect(await users(`nobody-${sub}@example.com`)).toBe(0);
  });

  test('O2: the provider of domain A speaks for no address of domain B, and B’s users are not opened by it', async () => {
    const theirs = `theirs-${domain}`;
    const victim = `ada@${theirs}`;
    await client.signUp(victim);
    await capture();
    await capture(theirs, 'other');
    work.visitor = { sub, email: victim, email_verified: true };
    for (const reply of [await signInAs(email), await signInWith(client, 'work')])
      expect(reply.code).toBe('IDENTITY_NOT_LINKED');
    expect(await linked()).toEqual([]);
  });

  test('O2: another provider speaks for no address in the domain, even if it has verified it, whether or not the account exists', async () => {
    await client.signUp(email);
    await capture();
    const codes = [(await signInWith(client, 'other')).code];
    other.visitor = { sub: randomUUID(), email: `nobody-${sub}@${domain}`, email_verified: true };
    codes.push((await signInWith(client, 'other')).code);
    expect(codes).toEqual(['PROVIDER_REQUIRED', 'PROVIDER_REQUIRED']);
    expect(await users(`nobody-${sub}@${domain}`)).toBe(0);
  });

  test('L4: a user with a second factor proves it before the identity is linked', async () => {
    const { accessToken } = await client.signUp(email);
    const { secret } = await client.enrollTotp(accessToken);
    await capture();
    const reply = await signInAs(email);
    expect(reply.status).toBe('NEEDS_SECOND_FACTOR');
    expect(await linked()).toEqual([]);
    const done = await client.attempt(reply.id, { totp: client.totp(secret, 1) });
    expect(done.status).toBe('COMPLETE');
    expect(await linked()).toHaveLength(1);
  });
});

describe('no way around the provider', () => {
  test('a right password is rejected like a wrong one, in a sign-in that began before', async () => {
    const { password } = await client.signUp(email);
    const { id } = await begin(email);
    await capture();
    const [wrong, right] = [
      await client.attempt(id, { password: 'wrong' }),
      await client.attempt(id, { password }),
    ];
    expect([wrong.code, right.code]).toEqual(['PROOF_REJECTED', 'PROOF_REJECTED']);
    expect(right.message).toBe(wrong.message);
  });

  test('a code, too, and a link', async () => {
    await client.signUp(email);
    const [one, two] = [await begin(email), await begin(email)];
    await client.prepare(one.id, 'EMAIL_CODE');
    const emailCode = await client.codeFor(email);
    await client.prepare(two.id, 'EMAIL_LINK');
    const linkToken = await client.linkFor(email);
    await capture();
    expect((await client.attempt(one.id, { emailCode })).code).toBe('PROOF_REJECTED');
    expect((await client.attempt(two.id, { linkToken })).code).toBe('PROVIDER_REQUIRED');
  });

  test('a domain that is activated between the two steps of a sign-in opens no session', async () => {
    const { accessToken, password } = await client.signUp(email);
    const { secret } = await client.enrollTotp(accessToken);
    const { id } = await begin(email);
    expect((await client.attempt(id, { password })).status).toBe('NEEDS_SECOND_FACTOR');
    await capture();
    expect((await client.attempt(id, { totp: client.totp(secret, 1) })).code).toBe('PROVIDER_REQUIRED');
  });

  test('a passkey and a linked account at another provider open no session', async () => {
    const { accessToken } = await client.signUp(email);
    const key = new SoftwareAuthenticator({ origin: 'http://localhost:4000' });
    await enrollPasskey(client, accessToken, key);
    expect((await signInWith(client, 'other')).status).toBe('NEEDS_SECOND_FACTOR');
    await query(app.databaseUrl, 'update identity set linked_at = now() where subject = $1', [sub]);
    await capture();
    expect((await signInWithPasskey(client, key)).code).toBe('PROVIDER_REQUIRED');
    expect((await signInWith(client, 'other')).code).toBe('PROVIDER_REQUIRED');
  });

  test('`withoutProvider` opens nothing for others, and does not tell who exists or who may', async () => {
    const { password } = await client.signUp(email);
    await capture();
    const [known, unknown] = [
      await begin(email, { withoutProvider: true }),
      await begin(`nobody@${domain}`, { withoutProvider: true }),
    ];
    expect(offered(known)).toEqual(offered(unknown));
    const replies = await Promise.all([known, unknown].map(({ id }) => client.attempt(id, { password })));
    expect(replies.map(({ code }) => code)).toEqual(['PROOF_REJECTED', 'PROOF_REJECTED']);
    await client.prepare(known.id, 'EMAIL_CODE');
    const codes = (await client.inbox()).filter(({ to, subject }) => to === email && /code is/.test(subject));
    expect(codes).toHaveLength(1); // that of the sign-up
  });

  test('sign-ups and password resets refer to the provider, whether or not the account exists', async () => {
    await client.signUp(email);
    await capture();
    const refused = [
      await client.startSignUp({ email, password: PASSWORD }),
      await client.startSignUp({ email: `new@${domain}`, password: PASSWORD }),
      await client.startSignUp({ email: `new@${domain}`, password: 'weak' }),
      await client.startPasswordReset({ identifier: email }),
      await client.startPasswordReset({ identifier: `nobody@${domain}` }),
    ];
    expect(new Set(refused.map(({ code, message }) => `${code} ${message}`)).size).toBe(1);
    expect(refused[0]?.code).toBe('PROVIDER_REQUIRED');
  });

  test('a sign-up and a reset that began before come to nothing', async () => {
    const late = `late-${email}`;
    const signUp = await client.startSignUp({ email: late, password: PASSWORD });
    const code = await client.codeFor(late);
    await client.signUp(email);
    const reset = await client.startPasswordReset({ identifier: email });
    await client.prepare(reset.id, 'EMAIL_CODE');
    const resetCode = await client.codeFor(email);
    await capture();
    expect((await client.attempt(signUp.id, { emailCode: code })).code).toBe('PROOF_REJECTED');
    expect((await client.attempt(reset.id, { emailCode: resetCode })).code).toBe('PROOF_REJECTED');
  });
});

describe('I5: what is switched off ends and links nobody', () => {
  /** At the provider, with an answer that was not used yet. */
  async function atProvider(): Promise<() => Promise<Reply>> {
    const { id } = await begin(email);
    const { proof } = await visit(client, id, 'work');
    return () => attempt(client, id, proof);
  }

  test('I5: removing the domain ends the sign-ins that were sent to its provider, and releases its users', async () => {
    const { password } = await client.signUp(email);
    await capture();
    const answer = await atProvider();
    expect(await owner.remove(domain)).toMatchObject({ name: domain, status: 'ACTIVE' });
    expect((await answer()).code).toBe('WORKFLOW_EXPIRED');
    expect(await linked()).toEqual([]);
    const { id } = await begin(email);
    expect((await client.attempt(id, { password })).status).toBe('COMPLETE');
    expect(await owner.notices()).toContain(`Users of ${domain} no longer sign in with an identity provider`);
  });

  test('I5: a sign-in without an identifier links nobody by a domain that was lost meanwhile', async () => {
    const { accessToken } = await client.signUp(email);
    const { secret } = await client.enrollTotp(accessToken);
    await capture();
    const { id } = await client.startSignIn({});
    const { proof } = await visit(client, id, 'work');
    expect((await attempt(client, id, proof)).status).toBe('NEEDS_SECOND_FACTOR');
    await query(app.databaseUrl, 'update email_domain set activated_at = null where name = $1', [domain]);
    expect((await client.attempt(id, { totp: client.totp(secret, 1) })).code).toBe('CONFLICT');
    expect(await linked()).toEqual([]);
  });

  test('I5: another provider for the domain ends the sign-ins at the old one', async () => {
    await capture();
    const answer = await atProvider();
    expect((await owner.add(domain, 'other')).status).toBe('DRAFT');
    expect((await answer()).code).toBe('WORKFLOW_EXPIRED');
    expect(await users()).toBe(0);
  });

  test('I5: a provider that is gone from the file signs nobody in, and its domain stays closed', async () => {
    const { password } = await client.signUp(email);
    await capture();
    const { id } = await begin(email);
    const { proof } = await visit(client, id, 'work');
    await using without = await start(
      await providersFile([entry('other', other, { signUp: 'always' })]),
      app.databaseUrl,
    );
    const there = new TestClient(without);
    expect((await attempt(there, id, proof)).code).toBe('FACTOR_NOT_OFFERED');
    expect(((await there.startSignIn({ identifier: email })) as unknown as Reply).code).toBe(
      'PROVIDER_UNAVAILABLE',
    );
    const { id: bypass } = await there.startSignIn({ identifier: email, withoutProvider: true });
    expect((await there.attempt(bypass, { password })).code).toBe('PROOF_REJECTED');
    expect(await linked()).toEqual([]);
  });

  test('a changed configuration links nobody new, keeps those who were linked, and gives no password back', async () => {
    await capture();
    const first = await signInAs(email);
    const changed = await providersFile(entries({ scopes: ['openid', 'email'] }));
    await using node = await start(changed, app.databaseUrl);
    const there = new TestClient(node);
    const signIn = async (): Promise<Reply> => {
      const { id } = await there.startSignIn({ identifier: email });
      const { proof } = await visit(there, id, 'work');
      return attempt(there, id, proof);
    };
    expect((await viewerOf(await signIn())).id).toBe((await viewerOf(first)).id);
    work.visitor = { sub: randomUUID(), email: `new@${domain}` };
    expect((await signIn()).code).toBe('IDENTITY_NOT_LINKED');
    expect(
      ((await there.startSignUp({ email: `new@${domain}`, password: PASSWORD })) as { code?: string }).code,
    ).toBe('PROVIDER_REQUIRED');
  });
});

describe('administrators who may sign in without the provider', () => {
  async function exempt(admin: DomainOwner): Promise<void> {
    await query(
      app.databaseUrl,
      'update user_account set without_provider = true where id = (select user_id from email_address where address = $1)',
      [admin.email],
    );
  }
  const notices = async (to: string) =>
    (await client.inbox()).filter((one) => one.to === to).map(({ subject }) => subject);
  const NOTICE = 'An administrator signed in without your identity provider';

  test('they sign in with their second factor; it is audited, and the other administrators are told', async () => {
    const admin = await DomainOwner.of(app, names, 'default', email);
    await exempt(admin);
    await capture();
    expect(offered(await begin(email))).toEqual([['OAUTH', 'Provider WORK']]);
    const { id } = await begin(email, { withoutProvider: true });
    const step = await client.attempt(id, { password: admin.password });
    expect(step.status).toBe('NEEDS_SECOND_FACTOR');
    const done = await client.attempt(id, { totp: await admin.code() });
    expect(done.status).toBe('COMPLETE');
    expect(
      await query(
        app.databaseUrl,
        "select type, about from audit_event where type = 'sign-in.without-provider' and about = $1",
        [domain],
      ),
    ).toHaveLength(1);
    expect(await notices(owner.email)).toContain(NOTICE);
    expect(await notices(email)).not.toContain(NOTICE);
  });

  test('without a second factor, they do not; nor do they once they are no longer administrators', async () => {
    const person = await client.signUp(email);
    await capture();
    await query(
      app.databaseUrl,
      `update user_account set without_provider = true, roles = '["ADMIN"]'
       where id = (select user_id from email_address where address = $1)`,
      [email],
    );
    const { id } = await begin(email, { withoutProvider: true });
    expect((await client.attempt(id, { password: person.password })).code).toBe('PROVIDER_REQUIRED');
    await query(app.databaseUrl, "update user_account set roles = '[]' where without_provider");
    const { id: other } = await begin(email, { withoutProvider: true });
    expect((await client.attempt(other, { password: person.password })).code).toBe('PROOF_REJECTED');
  });

  test('a remembered browser does not stand for their second factor', async () => {
    const admin = await DomainOwner.of(app, names, 'default', email);
    await exempt(admin);
    await capture();
    await query(app.databaseUrl, 'update tenant set remember_days = 30');
    const { id } = await begin(email, { withoutProvider: true });
    await client.attempt(id, { password: admin.password });
    const input = `{ workflowId: "${id}", proof: { totp: "${await admin.code()}" }, rememberBrowser: true }`;
    const { data } = await client.graphql(
      `mutation { attemptFactor(input: ${input}) { ... on SignIn { session { deviceToken } } } }`,
    );
    const { deviceToken } = data.attemptFactor.session;
    const again = await client.startSignIn({ identifier: email, withoutProvider: true }, deviceToken);
    const step = await client.attempt(again.id, { password: admin.password }, undefined, deviceToken);
    expect(step.status).toBe('NEEDS_SECOND_FACTOR');
    await query(app.databaseUrl, 'update tenant set remember_days = 0');
  });
});
