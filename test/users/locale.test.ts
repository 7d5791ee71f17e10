// The language of a user's messages: the client's language at sign-up, until the user chooses another.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../harness/app.ts';
import { TestClient } from '../harness/client.ts';
import { query } from '../harness/sql.ts';

let app: TestApp;
let client: TestClient;

beforeAll(async () => {
  app = await startTestApp();
  client = new TestClient(app);
});
afterAll(() => app[Symbol.asyncDispose]());

const SET = `mutation ($locale: String!) { setLocale(locale: $locale) {
  __typename ... on User { locale } ... on InvalidInput { fields { path message } }
} }`;

test('a user chooses one of the available languages, and the next message is in that language', async () => {
  const { data: settings } = await client.graphql('{ settings { locales } }');
  expect(settings.settings.locales).toEqual(['en', 'de']);
  const person = await client.signUp();
  const other = await client.signUp();
  const viewer = await client.graphql('{ viewer { locale } }', {}, person.accessToken);
  expect(viewer.data.viewer.locale).toBe('en');
  const { data } = await client.graphql(SET, { locale: 'de-AT' }, person.accessToken);
  expect(data.setLocale).toEqual({ __typename: 'User', locale: 'de' });

  app.clock.advance(1);
  await client.startSignUp({ email: person.email, password: person.password });
  const [message] = await client.inbox();
  expect(message).toMatchObject({ to: person.email, subject: 'Sie haben bereits ein Konto' });
  const untouched = await client.graphql('{ viewer { locale } }', {}, other.accessToken);
  expect(untouched.data.viewer.locale).toBe('en');
  const audited = await query(
    app.databaseUrl,
    `select a.actor_kind from audit_event a join email_address e using (user_id)
     where e.address = $1 and e.verified_at is not null and a.type = 'locale.changed'`,
    [person.email],
  );
  expect(audited).toEqual([{ actor_kind: 'USER' }]);
});

test.each([
  ['an unavailable language', 'fr', /Choose one of: en, de/],
  ['an invalid language tag', 'German!', /BCP 47/],
  ['an empty string', '', /BCP 47/],
  ['a wildcard', '*', /BCP 47/],
])('%s is refused, and the locale stays', async (_what, locale, message) => {
  const person = await client.signUp();
  const { data } = await client.graphql(SET, { locale }, person.accessToken);
  expect(data.setLocale).toEqual({
    __typename: 'InvalidInput',
    fields: [{ path: 'locale', message: expect.stringMatching(message) }],
  });
  const viewer = await client.graphql('{ viewer { locale } }', {}, person.accessToken);
  expect(viewer.data.viewer.locale).toBe('en');
});

test('setLocale requires a session', async () => {
  const { errors } = await client.graphql(SET, { locale: 'de' });
  expect(errors[0]?.extensions.code).toBe('UNAUTHENTICATED');
});
