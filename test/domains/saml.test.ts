// A domain whose provider speaks SAML 2.0: proved, tested and activated like any other, against a real provider and a real name
// server.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { SamlPerson, samlEntry } from '../factors/oauth/saml/visits.ts';
import { providersFile } from '../factors/oauth/visits.ts';
import { startTestApp, type TestApp } from '../harness/app.ts';
import { MachineClock } from '../harness/clock.ts';
import { NameServer } from '../harness/name-server.ts';
import { SamlIdentityProvider } from '../harness/saml-provider.ts';
import { DomainOwner } from './domain-owner.ts';

const DOMAIN = 'corp-saml.com';
const TEST = `mutation ($name: String!) { startDomainTest(name: $name) { __typename ... on DomainTest { id } ... on UserError { code } } }`;
const ACTIVATE = `mutation ($name: String!) { activateDomain(name: $name) { __typename ... on Domain { status } ... on UserError { code } } }`;
const REPORT = `mutation ($input: AttemptFactorInput!) { attemptFactor(input: $input) {
  ... on DomainTest { report { usable address acr } } ... on UserError { code } } }`;

let names: NameServer;
let work: SamlIdentityProvider;
let app: TestApp;
let owner: DomainOwner;

beforeAll(async () => {
  names = await NameServer.start();
  work = await SamlIdentityProvider.create('work');
  const settings = {
    PROVIDERS_FILE: await providersFile([samlEntry('work', work)]),
    DNS_SERVERS: names.address,
  };
  app = await startTestApp(settings, undefined, new MachineClock());
  owner = await DomainOwner.of(app, names);
  await owner.prove(DOMAIN);
  whoeverComesIs(`tester@${DOMAIN}`);
  expect(await tested()).toMatchObject({ usable: true, address: `tester@${DOMAIN}` });
  expect(await owner.approved(ACTIVATE, { name: DOMAIN })).toMatchObject({ status: 'ACTIVE' });
});
afterAll(async () => {
  await app[Symbol.asyncDispose]();
  await names[Symbol.asyncDispose]();
});

let address: string;
beforeEach(() => {
  address = `${randomUUID()}@${DOMAIN}`;
});

function whoeverComesIs(email: string): void {
  work.visitor = { nameId: randomUUID(), attributes: { email } };
}

/** What a test sign-in of the administrator reports. */
async function tested() {
  const { id } = await owner.approved(TEST, { name: DOMAIN });
  const person = new SamlPerson(app);
  const oauth = await person.visit(id, work, 'work', owner.token);
  const input = { workflowId: id, proof: { oauth } };
  const { data } = await owner.client.graphql(REPORT, { input }, owner.token, person.headers);
  return data.attemptFactor.report;
}

test('users of the domain are sent to the provider alone, and sign in with it', async () => {
  whoeverComesIs(address);
  const person = new SamlPerson(app);
  const { id, factors } = await person.client.startSignIn({ identifier: address });
  expect(factors?.map(({ factor }) => factor)).toEqual(['OAUTH']);
  const done = await person.attempt(id, await person.visit(id, work, 'work'));
  expect(done.status).toBe('COMPLETE');
  expect((await person.viewer()).emailAddresses).toMatchObject([{ address, verifiedAt: expect.any(String) }]);
});

test('an account whose owner has verified the address is linked, and its password signs nobody in', async () => {
  await owner.approved('mutation ($name: String!) { removeDomain(name: $name) { __typename } }', {
    name: DOMAIN,
  });
  const earlier = await owner.client.signUp(address);
  await owner.prove(DOMAIN);
  await tested();
  await owner.approved(ACTIVATE, { name: DOMAIN });
  whoeverComesIs(address);
  const person = new SamlPerson(app);
  const { id } = await person.client.startSignIn({ identifier: address });
  expect((await person.attempt(id, await person.visit(id, work, 'work'))).status).toBe('COMPLETE');
  expect((await person.viewer()).identities).toMatchObject([{ providerId: 'work', address }]);
  const { id: other } = await owner.client.startSignIn({ identifier: address });
  expect((await owner.client.attempt(other, { password: earlier.password })).code).toBe('FACTOR_NOT_OFFERED');
});

test('the provider does not speak for addresses outside of the domain', async () => {
  for (const outside of [`${randomUUID()}@example.com`, `ada@sub.${DOMAIN}`, `ada@${DOMAIN}.example.com`]) {
    whoeverComesIs(outside);
    const person = new SamlPerson(app);
    expect((await person.signIn(work, 'work')).code).toBe('IDENTITY_NOT_LINKED');
  }
});
