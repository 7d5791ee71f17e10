// Signing in and up, linking and stepping up with a real SAML identity provider.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { TestApp } from '../../../harness/app.ts';
import { SamlIdentityProvider } from '../../../harness/saml-provider.ts';
import { query } from '../../../harness/sql.ts';
import { appWith } from '../visits.ts';
import { SamlPerson, samlEntry } from './visits.ts';

let provider: SamlIdentityProvider;
let app: TestApp;
let person: SamlPerson;
let nameId: string;
let email: string;

beforeAll(async () => {
  provider = await SamlIdentityProvider.create('work');
  app = await appWith([samlEntry('work', provider, {}, { emailDomains: ['example.com'] })]);
});
afterAll(() => app[Symbol.asyncDispose]());

beforeEach(() => {
  nameId = randomUUID();
  email = `${nameId}@example.com`;
  provider.visitor = { nameId, attributes: { email, displayName: 'Jane Doe' } };
  provider.change = (xml) => xml;
  provider.tamper = (xml) => xml;
  person = new SamlPerson(app);
});

test('an unknown identity gets an account', async () => {
  const first = await person.signIn(provider, 'work');
  expect(first).toMatchObject({ __typename: 'SignIn', status: 'COMPLETE' });
});
