// Signing in and up, linking and stepping up with a real SAML identity provider.
import { randomUUID, X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { TestApp } from '../../../harness/app.ts';
import { newSigningKey, SamlIdentityProvider, type SigningKey } from '../../../harness/saml-provider.ts';
import { query } from '../../../harness/sql.ts';
import { appWith } from '../visits.ts';
import { fileWith, SamlPerson, samlEntry } from './visits.ts';

const MFA = 'https://refeds.org/profile/mfa';
const METHODS = 'http://schemas.microsoft.com/claims/authnmethodsreferences';
const MULTIPLE = 'http://schemas.microsoft.com/claims/multipleauthn';

let work: SamlIdentityProvider;
let trusted: SamlIdentityProvider;
let ours: SigningKey;
let app: TestApp;
let person: SamlPerson;
let nameId: string;
let email: string;

beforeAll(async () => {
  work = await SamlIdentityProvider.create('work');
  trusted = await SamlIdentityProvider.create('trusted');
  trusted.wantsSignedRequests = true;
  ours = await newSigningKey();
  const signing = { privateKey: ours.privateKey, certificate: { file: fileWith(ours.certificate) } };
  app = await appWith([
    samlEntry('work', work, {}, { emailDomains: ['example.com'] }),
    samlEntry(
      'trusted',
      trusted,
      { signUp: 'always', secondFactor: { acr: [MFA], amr: [MULTIPLE], freshSeconds: 60 } },
      { signing, attributes: { email: 'mailbox', name: 'cn' } },
    ),
  ]);
});
afterAll(() => app[Symbol.asyncDispose]());

beforeEach(() => {
  nameId = randomUUID();
  email = `${nameId}@example.com`;
  work.visitor = { nameId, attributes: { email, displayName: 'Jane Doe' } };
  trusted.visitor = { nameId };
  person = new SamlPerson(app);
});

const ago = (seconds: number) => new Date(Date.now() - seconds * 1000);

describe('signing in and up', () => {
  test('an unknown identity gets an account, and the same one the next time', async () => {
    expect(await person.signIn(work, 'work')).toMatchObject({ __typename: 'SignIn', status: 'COMPLETE' });
    const first = await person.viewer();
    expect(first).toMatchObject({
      name: 'Jane Doe',
      identities: [{ providerId: 'work', address: email }],
      emailAddresses: [{ address: email, verifiedAt: expect.any(String) }],
      assurance: { level: 'AAL1', evidence: [{ factor: 'OAUTH', categories: ['KNOWLEDGE'] }] },
    });
    const again = new SamlPerson(app);
    await again.signIn(work, 'work');
    expect((await again.viewer()).id).toBe(first.id);
  });

  test('the proof has a code that is small, and the same fields as with OpenID Connect', async () => {
    const { id } = await person.client.startSignIn({});
    const proof = await person.visit(id, work, 'work');
    expect(proof).toEqual({
      providerId: 'work',
      code: expect.stringMatching(/^[\w-]{43}$/),
      state: expect.stringMatching(/^[\w-]{43}$/),
    });
  });

  test('it is offered like any other provider', async () => {
    const { data } = await person.client.graphql('{ settings { providers { id name } } }');
    expect(data.settings.providers).toContainEqual({ id: 'work', name: 'Provider WORK' });
  });

  test('a native redirect URI is refused, because answers come to the callback', async () => {
    const { id } = await person.client.startSignIn({});
    const query =
      'mutation ($input: PrepareFactorInput!) { prepareFactor(input: $input) { ... on UserError { code message } } }';
    const input = {
      workflowId: id,
      factor: 'OAUTH',
      providerId: 'work',
      redirectUri: 'https://app.example.com/native/work',
      bindingDigest: 'A'.repeat(43),
    };
    const { data } = await person.client.graphql(query, { input });
    expect(data.prepareFactor).toMatchObject({
      code: 'RETURN_NOT_ALLOWED',
      message: expect.stringContaining('callback of this server'),
    });
  });
});

describe('linking', () => {
  test('L1, L8: an identity is found by the provider and the NameID, whatever its address', async () => {
    await person.signIn(work, 'work');
    const { id } = await person.viewer();
    const victim = await person.client.signUp();
    work.visitor = { nameId, attributes: { email: victim.email } };
    const again = new SamlPerson(app);
    await again.signIn(work, 'work');
    expect(await again.viewer()).toMatchObject({ id, emailAddresses: [{ address: email }] });
  });

  test('L2: a user who has verified an address in a domain of the provider is linked', async () => {
    const { accessToken } = await person.client.signUp(email);
    const { data } = await person.client.graphql('{ viewer { id } }', {}, accessToken);
    expect((await person.signIn(work, 'work')).status).toBe('COMPLETE');
    expect((await person.viewer()).id).toBe(data.viewer.id);
  });

  test.each([
    ['another domain', (local: string) => `${local}@example.org`],
    ['a domain that only ends like it', (local: string) => `${local}@notexample.com`],
    ['a subdomain', (local: string) => `${local}@mail.example.com`],
  ])('L2: an address in %s opens nobody’s account and makes none', async (_what, address) => {
    await person.client.signUp(address(nameId));
    work.visitor = { nameId, attributes: { email: address(nameId) } };
    expect((await person.signIn(work, 'work')).code).toBe('IDENTITY_NOT_LINKED');
  });

  test('L2: an attribute with two addresses, or that is there twice, says nothing', async () => {
    work.visitor = { nameId, attributes: { email: [email, 'another@example.com'] } };
    expect((await person.signIn(work, 'work')).code).toBe('IDENTITY_NOT_LINKED');
    work.visitor = { nameId, attributes: { email } };
    work.change = (xml) => xml.replace(/<saml:Attribute .*<\/saml:Attribute>/, '$&$&');
    expect((await person.signIn(work, 'work')).code).toBe('IDENTITY_NOT_LINKED');
    work.change = (xml) => xml;
  });

  test('L2: a provider without domains of its own links nobody', async () => {
    await person.client.signUp(email);
    trusted.visitor = { nameId, attributes: { mailbox: email, cn: 'Jane Doe' } };
    await person.signIn(trusted, 'trusted');
    expect(await person.viewer()).toMatchObject({
      name: 'Jane Doe',
      emailAddresses: [],
      identities: [{ address: email }],
    });
  });

  test('L4: a user with a second factor proves it before the identity is linked', async () => {
    const { accessToken } = await person.client.signUp(email);
    await person.client.enrollTotp(accessToken);
    expect((await person.signIn(work, 'work')).status).toBe('NEEDS_SECOND_FACTOR');
    const linked = 'select id from identity where subject = $1 and linked_at is not null';
    expect(await query(app.databaseUrl, linked, [nameId])).toEqual([]);
  });

  test('an identity of OpenID Connect with the same issuer and subject is another one', async () => {
    const insert = `with person as (insert into user_account (id, tenant_id, created_at, activated_at)
      values (gen_random_uuid(), 'default', now(), now()) returning id)
      insert into identity (id, tenant_id, user_id, provider, issuer, subject, created_at, linked_at)
      select gen_random_uuid(), 'default', id, 'oidc', $1, $2, now(), now() from person returning user_id`;
    const rows = await query<{ user_id: string }>(app.databaseUrl, insert, [trusted.entityId, nameId]);
    await person.signIn(trusted, 'trusted');
    expect((await person.viewer()).id).not.toBe(rows[0]?.user_id);
  });
});

describe('I6: what a provider says of its own second factor', () => {
  test.each<[string, string, object]>([
    ['a trusted class', 'AAL2', { contextClass: MFA }],
    ['a trusted method', 'AAL2', { attributes: { [METHODS]: ['urn:password', MULTIPLE] } }],
    ['another class', 'AAL1', { contextClass: `${MFA}/` }],
    ['nothing', 'AAL1', {}],
    ['a trusted class and an old sign-in', 'AAL1', { contextClass: MFA, authenticatedAt: ago(120) }],
    [
      'a trusted class and a sign-in in the future',
      'AAL1',
      { contextClass: MFA, authenticatedAt: ago(-86_400) },
    ],
  ])('%s makes the session %s', async (_what, level, said) => {
    trusted.visitor = { nameId, ...said };
    await person.signIn(trusted, 'trusted');
    expect((await person.viewer()).assurance.level).toBe(level);
  });

  test('a class that was added after signing counts for nothing', async () => {
    trusted.tamper = (xml) => xml.replace(/(<saml:AuthnContextClassRef>)[^<]*/, `$1${MFA}`);
    expect((await person.signIn(trusted, 'trusted')).code).toBe('PROOF_REJECTED');
    trusted.tamper = (xml) => xml;
  });

  test('a user with a second factor of ours still proves it', async () => {
    await person.signIn(trusted, 'trusted');
    const { id } = await person.viewer();
    await query(
      app.databaseUrl,
      `insert into authenticator (id, user_id, factor, secret, created_at, confirmed_at)
       values (gen_random_uuid(), $1, 'TOTP', 'x', now(), now())`,
      [id],
    );
    trusted.visitor = { nameId, contextClass: MFA };
    expect((await new SamlPerson(app).signIn(trusted, 'trusted')).status).toBe('NEEDS_SECOND_FACTOR');
  });

  test('a step-up asks for a new authentication of that class, and refuses an older one', async () => {
    await person.signIn(trusted, 'trusted');
    expect(trusted.request).not.toContain('ForceAuthn');
    expect(trusted.request).not.toContain('RequestedAuthnContext');
    const start =
      'mutation ($input: StartStepUpInput!) { startStepUp(input: $input) { ... on StepUp { id factors { factor providerId } } ... on UserError { code message } } }';
    const operation = { query: 'mutation { linkProvider(providerId: "work") { __typename } }' };
    const input = { require: 'STRONGEST_ENROLLED', operation };
    const { data } = await person.client.graphql(start, { input }, undefined, person.headers);
    const { id, factors } = data.startStepUp;
    expect(factors).toEqual([{ factor: 'OAUTH', providerId: 'trusted' }]);
    for (const [seconds, code] of [
      [5, 'PROOF_REJECTED'],
      [0, undefined],
    ] as const) {
      const authenticatedAt = seconds > 0 && { authenticatedAt: ago(seconds) };
      trusted.visitor = { nameId, contextClass: MFA, ...authenticatedAt };
      const proof = await person.visit(id, trusted, 'trusted');
      expect(trusted.request).toContain('ForceAuthn="true"');
      expect(trusted.request).toMatch(
        /<samlp:RequestedAuthnContext[^>]* Comparison="exact"><saml:AuthnContextClassRef[^>]*>https:\/\/refeds.org\/profile\/mfa</,
      );
      expect([seconds, (await person.attempt(id, proof)).code]).toEqual([seconds, code]);
    }
  });

  test('a step-up with the account of somebody else is refused', async () => {
    await person.signIn(trusted, 'trusted');
    const start =
      'mutation ($input: StartStepUpInput!) { startStepUp(input: $input) { ... on StepUp { id } } }';
    const operation = { query: 'mutation { linkProvider(providerId: "work") { __typename } }' };
    const input = { require: 'STRONGEST_ENROLLED', operation };
    const { data } = await person.client.graphql(start, { input }, undefined, person.headers);
    trusted.visitor = { nameId: randomUUID() };
    const proof = await person.visit(data.startStepUp.id, trusted, 'trusted');
    expect((await person.attempt(data.startStepUp.id, proof)).code).toBe('PROOF_REJECTED');
  });
});

describe('metadata and requests', () => {
  test('our metadata names the callback, asks for signed assertions, and has our certificate if requests are signed', async () => {
    const response = await fetch(`${app.url}/metadata/trusted`);
    expect([response.status, response.headers.get('content-type')]).toEqual([
      200,
      'application/samlmetadata+xml; charset=utf-8',
    ]);
    const xml = await response.text();
    expect(xml).toContain('entityID="http://localhost:4000/metadata/trusted"');
    expect(xml).toContain('Location="http://localhost:4000/callback/trusted"');
    expect(xml).toContain('WantAssertionsSigned="true"');
    expect(xml).toContain('AuthnRequestsSigned="true"');
    const certificate = /<ds:X509Certificate>([^<]*)</.exec(xml)?.[1] ?? '';
    expect(new X509Certificate(Buffer.from(certificate, 'base64')).fingerprint256).toBe(
      new X509Certificate(ours.certificate).fingerprint256,
    );
    expect(xml).not.toContain('PRIVATE');
    const unsigned = await person.metadata('work');
    expect(unsigned).toContain('AuthnRequestsSigned="false"');
    expect(unsigned).not.toContain('X509Certificate');
    // The one is answered with it, the other is the same each time.
    expect(await person.metadata('work')).toBe(unsigned);
  });

  test('nothing is served for a provider that there is not, nor for another method', async () => {
    expect((await fetch(`${app.url}/metadata/nowhere`)).status).toBe(404);
    expect((await fetch(`${app.url}/metadata/work`, { method: 'POST' })).status).toBe(405);
  });

  test('a request asks for the configured kind of name, and keeps the query of the SSO URL', async () => {
    const { id } = await person.client.startSignIn({});
    const url = new URL(await person.ask(id, 'work'));
    await person.answerOf(work, 'work', url.href);
    expect(url.searchParams.get('tenant')).toBe('1');
    expect(work.request).toContain('nameid-format:persistent');
    expect(work.request).toContain('AssertionConsumerServiceURL="http://localhost:4000/callback/work"');
    expect(url.searchParams.has('Signature')).toBe(false);
  });

  test('a signed request is accepted by a provider that demands it, and an altered one is not', async () => {
    const { id } = await person.client.startSignIn({});
    const url = new URL(await person.ask(id, 'trusted'));
    expect(url.searchParams.get('SigAlg')).toBe('http://www.w3.org/2001/04/xmldsig-more#rsa-sha256');
    await expect(person.answerOf(trusted, 'trusted', url.href)).resolves.toBeDefined();
    url.searchParams.set('RelayState', 'another');
    await expect(person.answerOf(trusted, 'trusted', url.href)).rejects.toThrow();
  });
});
