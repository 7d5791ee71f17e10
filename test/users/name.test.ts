// What a user is called: said at the sign-up, changed by nobody else.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../harness/app.ts';
import { PASSWORD, TestClient, tokensOf } from '../harness/client.ts';

let app: TestApp;
let client: TestClient;

beforeAll(async () => {
  app = await startTestApp();
  client = new TestClient(app);
});
afterAll(() => app[Symbol.asyncDispose]());

const RENAME =
  'mutation ($name: String) { updateName(name: $name) { __typename ... on User { name } ... on InvalidInput { fields { path } } } }';

async function nameOf(token: string): Promise<string | null> {
  return (await client.graphql('{ viewer { name } }', {}, token)).data.viewer.name;
}

test('a name that is given at the sign-up is the user’s, changes when they say so, and nobody else’s does', async () => {
  const email = `${randomUUID()}@example.com`;
  const step = await client.startSignUp({ email, password: PASSWORD, name: '  Jane Doe ' });
  const { accessToken } = tokensOf(await client.attempt(step.id, { emailCode: await client.codeFor(email) }));
  const tooLong = { email: 'long@example.com', password: PASSWORD, name: 'x'.repeat(129) };
  expect((await client.startSignUp(tooLong)).code).toBe('INVALID_INPUT');
  const other = await client.signUp();
  expect([await nameOf(accessToken), await nameOf(other.accessToken)]).toEqual(['Jane Doe', null]);

  const renamed = await client.graphql(RENAME, { name: 'Jane Roe' }, accessToken);
  expect(renamed.data.updateName).toEqual({ __typename: 'User', name: 'Jane Roe' });
  expect(await nameOf(other.accessToken)).toBeNull();

  const long = await client.graphql(RENAME, { name: 'x'.repeat(129) }, accessToken);
  expect(long.data.updateName).toEqual({ __typename: 'InvalidInput', fields: [{ path: 'name' }] });
  expect((await client.graphql(RENAME, { name: 'A stranger' })).errors[0]?.extensions.code).toBe(
    'UNAUTHENTICATED',
  );
  expect(await nameOf(accessToken)).toBe('Jane Roe');
  await client.graphql(RENAME, {}, accessToken);
  expect(await nameOf(accessToken)).toBeNull();
});
