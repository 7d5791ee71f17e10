// A domain is a draft until its provider was tested as it is configured. Against a real provider and a real name server.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  attempt,
  callback,
  entry,
  native,
  providersFile,
  type Reply,
  visit,
} from '../factors/oauth/visits.ts';
import { startTestApp, type TestApp } from '../harness/app.ts';
import { TestClient } from '../harness/client.ts';
import { MachineClock } from '../harness/clock.ts';
import { IdentityProvider } from '../harness/identity-provider.ts';
import { NameServer } from '../harness/name-server.ts';
import { query } from '../harness/sql.ts';
import { DomainOwner, type ShownDomain, signUpIn } from './domain-owner.ts';

const SELECTION = '__typename ... on UserError { code message }';
const TEST = `mutation ($name: String!) { startDomainTest(name: $name) {
  ${SELECTION} ... on DomainTest { id status report { usable } factors { factor providerId } } } }`;
const ACTIVATE = `mutation ($name: String!) { activateDomain(name: $name) { ${SELECTION} ... on Domain { name status testedAt activatedAt } } }`;
const EXEMPT = `mutation ($userId: ID!, $exempt: Boolean!) { setProviderExemption(userId: $userId, exempt: $exempt) { ${SELECTION} } }`;
const REPORT = `mutation ($input: AttemptFactorInput!) { attemptFactor(input: $input) {
  ${SELECTION} ... on DomainTest { status report { usable address claims acr amr } } } }`;

interface Report {
  readonly code?: string;
  readonly status?: string;
  readonly report?: {
    readonly usable: boolean;
    readonly address: string | null;
    readonly claims: readonly string[];
    readonly acr: string | null;
    readonly amr: readonly string[];
  };
}

let names: NameServer;
let work: IdentityProvider;
let app: TestApp;
let client: TestClient;
let owner: DomainOwner;
let count = 0;
let domain: string;
let sub: string;

beforeAll(async () => {
  names = await NameServer.start();
  work = await IdentityProvider.start({ redirectUris: [callback('work'), native('work')] });
  app = await startWith({});
  client = new TestClient(app);
  owner = await DomainOwner.of(app, names);
});
afterAll(async () => {
  await app[Symbol.asyncDispose]();
  await Promise.all([names, work].map((one) => one[Symbol.asyncDispose]()));
});
beforeEach(() => {
  count += 1;
  domain = `tested-${count}.com`;
  sub = randomUUID();
  work.visitor = { sub, email: `ada@${domain}`, name: 'Ada', amr: ['pwd', 'mfa'] };
});

async function startWith(more: object, databaseUrl?: string): Promise<TestApp> {
  const file = await providersFile([entry('work', work, more)]);
  return startTestApp({ PROVIDERS_FILE: file, DNS_SERVERS: names.address }, databaseUrl, new MachineClock());
}

const activate = (): Promise<ShownDomain> => owner.approved(ACTIVATE, { name: domain });

/** A whole round through the provider. */
async function run(): Promise<Report> {
  const { id } = await owner.approved(TEST, { name: domain });
  const { proof } = await visit(client, id, 'work', { token: owner.token });
  return report(id, proof);
}

async function report(workflowId: string, oauth: object, token = owner.token): Promise<Report> {
  const { data, errors } = await client.graphql(REPORT, { input: { workflowId, proof: { oauth } } }, token);
  return errors[0] === undefined ? data.attemptFactor : { code: String(errors[0].extensions.code) };
}

const offered = async (): Promise<string[]> => {
  const reply = await client.startSignIn({ identifier: `ada@${domain}` });
  return reply.factors.map(({ factor }) => factor);
};

describe('draft, test, active', () => {
  test('a proved domain is a draft: it captures nobody, and is not activated without a test', async () => {
    await owner.prove(domain);
    expect(await offered()).toContain('PASSWORD');
    expect((await activate()).code).toBe('DOMAIN_NOT_TESTED');
    expect(await offered()).toContain('PASSWORD');
  });

  test('a test reports what came back, without tokens, and signs nobody in; then the domain can be activated', async () => {
    await owner.prove(domain);
    const before = await query(app.databaseUrl, 'select id from session');
    const said = await run();
    expect(said).toMatchObject({
      status: 'COMPLETE',
      report: { usable: true, address: `ada@${domain}`, amr: ['pwd', 'mfa'], acr: null },
    });
    expect(said.report?.claims).toEqual(expect.arrayContaining(['email', 'sub', 'iss', 'aud', 'nonce']));
    expect(JSON.stringify(said)).not.toMatch(/eyJ|[\w-]{40}/);
    expect(await query(app.databaseUrl, 'select from identity where subject = $1', [sub])).toEqual([]);
    expect(await query(app.databaseUrl, 'select id from session')).toHaveLength(before.length);
    expect(await offered()).toContain('PASSWORD');
    expect(await activate()).toMatchObject({ status: 'ACTIVE', activatedAt: expect.any(String) });
    expect(await offered()).toEqual(['OAUTH']);
    expect(await owner.notices()).toContain(`Users of ${domain} now sign in with Provider WORK`);
    const audited = await query<{ type: string }>(
      app.databaseUrl,
      'select type from audit_event where about = $1 order by occurred_at',
      [domain],
    );
    expect(audited.map(({ type }) => type)).toEqual([
      'domain.added',
      'domain.proved',
      'domain.tested',
      'domain.activated',
    ]);
  });

  test('a test with an address outside of the domain, or with none, fails and activates nothing', async () => {
    await owner.prove(domain);
    for (const email of [`ada@eu.${domain}`, 'ada@example.com', undefined]) {
      work.visitor = { sub, ...(email && { email, email_verified: true }) };
      expect((await run()).report).toMatchObject({ usable: false, address: email ?? null });
    }
    work.visitor = { sub, email: `ada@${domain}`, email_verified: false };
    expect((await run()).report?.usable).toBe(false);
    expect((await activate()).code).toBe('DOMAIN_NOT_TESTED');
  });

  test('a test of another configuration does not count, and a changed one needs a new test', async () => {
    await owner.prove(domain);
    expect((await run()).report?.usable).toBe(true);
    await using changed = await startWith({ scopes: ['openid', 'email'] }, app.databaseUrl);
    const token = owner.token;
    const there = new TestClient(changed);
    const { data } = await there.graphql('{ domains { name status testedAt } }', {}, token);
    expect(data.domains.find(({ name }: ShownDomain) => name === domain)).toMatchObject({
      status: 'DRAFT',
      testedAt: null,
    });
    await using sameButSecret = await startWith({ name: 'Another name', signUp: 'never' }, app.databaseUrl);
    const still = await new TestClient(sameButSecret).graphql('{ domains { name testedAt } }', {}, token);
    expect(still.data.domains.find(({ name }: ShownDomain) => name === domain).testedAt).toEqual(
      expect.any(String),
    );
  });

  test('an unproved domain is not tested, and one that was lost is tested anew', async () => {
    await owner.add(domain);
    expect((await owner.approved(TEST, { name: domain })).code).toBe('DOMAIN_NOT_PROVED');
    const other = `again-${domain}`;
    domain = other;
    work.visitor = { sub, email: `ada@${domain}` };
    await owner.prove(domain);
    expect((await run()).report?.usable).toBe(true);
    await query(
      app.databaseUrl,
      'update email_domain set verified_at = null, lost_at = now() where name = $1',
      [domain],
    );
    expect((await activate()).code).toBe('DOMAIN_NOT_TESTED');
  });
});

describe('the test as a target', () => {
  test('I1, Q5: the answer of a sign-in does not end a test, and that of a test signs nobody in', async () => {
    await owner.prove(domain);
    const { id } = await owner.approved(TEST, { name: domain });
    const { proof: ofTest } = await visit(client, id, 'work', { token: owner.token });
    const { id: signIn } = await client.startSignIn({});
    const { proof: ofSignIn } = await visit(client, signIn, 'work');
    expect((await report(id, ofSignIn)).code).toBe('PROOF_REJECTED');
    expect((await attempt(client, signIn, ofTest)).code).toBe('PROOF_REJECTED');
    expect((await report(id, ofTest)).report?.usable).toBe(true);
    expect((await report(id, ofTest)).code).toBe('WORKFLOW_ENDED');
  });

  test('only the session that has started it drives it', async () => {
    await owner.prove(domain);
    const { id } = await owner.approved(TEST, { name: domain });
    const { proof } = await visit(client, id, 'work', { token: owner.token });
    const stranger = await signUpIn(client, 'default');
    expect((await report(id, proof, stranger.accessToken)).code).toBe('WORKFLOW_NOT_FOUND');
  });

  test('I5: removing the domain ends its tests', async () => {
    await owner.prove(domain);
    const { id } = await owner.approved(TEST, { name: domain });
    const { proof } = await visit(client, id, 'work', { token: owner.token });
    await owner.remove(domain);
    expect((await report(id, proof)).code).toBe('WORKFLOW_EXPIRED');
  });

  test('O1: the domain of another tenant is neither tested nor activated', async () => {
    await owner.prove(domain);
    const stranger = await DomainOwner.of(app, names, 'elsewhere');
    for (const document of [TEST, ACTIVATE])
      expect((await stranger.approved(document, { name: domain })).code).toBe('NOT_FOUND');
  });
});

describe('exemptions', () => {
  const idOf = async (email: string) =>
    (
      await query<{ user_id: string }>(
        app.databaseUrl,
        'select user_id from email_address where address = $1 and verified_at is not null',
        [email],
      )
    )[0]?.user_id ?? '';

  test('M1: another administrator with a second factor is named, and nobody else, and nobody by themselves', async () => {
    const other = await DomainOwner.of(app, names);
    const user = await client.signUp();
    const foreigner = await DomainOwner.of(app, names, 'elsewhere');
    const exempt = async (email: string, isExempt = true): Promise<Reply> =>
      owner.approved(EXEMPT, { userId: await idOf(email), exempt: isExempt });
    expect((await exempt(other.email)).__typename).toBe('User');
    expect((await exempt(user.email)).code).toBe('EXEMPTION_REFUSED');
    expect((await exempt(owner.email)).code).toBe('EXEMPTION_REFUSED');
    expect((await exempt(foreigner.email)).code).toBe('NOT_FOUND');
    const named = () => query(app.databaseUrl, 'select id from user_account where without_provider');
    expect(await named()).toEqual([{ id: await idOf(other.email) }]);
    expect((await exempt(other.email, false)).__typename).toBe('User');
    expect(await named()).toEqual([]);
  });
});
