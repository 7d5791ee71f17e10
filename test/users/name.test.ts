// The name of a user: given at sign-up, and changed only by the user.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RecordError } from '../../src/factors/record-error.ts';
import { readRecord } from '../../src/import/user-record.ts';
import { startTestApp, type TestApp } from '../harness/app.ts';
import { PASSWORD, TestClient, tokensOf } from '../harness/client.ts';

let app: TestApp;
let client: TestClient;

beforeAll(async () => {
  app = await startTestApp();
  client = new TestClient(app);
});
afterAll(() => app[Symbol.asyncDispose]());

const MISLEADING = [
  'Jane\r\nBcc: x@example.com',
  'Jane\nDoe',
  'Jane\tDoe',
  'Jane\u2028Doe',
  'Jane\u0085Doe',
  'Jane\u001b[31mDoe',
  'eno\u202eDoe',
  'Jane\u2067Doe\u2069',
];
const NAMES = ['Jane Doe', 'José d’Árbol-Smith', '李小龍', 'محمد', 'نیما\u200cدوست', '👩‍👩‍👧 & co.'];

const RENAME =
  'mutation ($name: String) { updateName(name: $name) { __typename ... on User { name } ... on InvalidInput { fields { path } } } }';

async function nameOf(token: string): Promise<string | null> {
  return (await client.graphql('{ viewer { name } }', {}, token)).data.viewer.name;
}

test('a user sets the name at sign-up and changes or removes it later, without affecting other users', async () => {
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

describe('a name, label or external id with a line break, control character or direction override', () => {
  const ENROLL = `mutation ($input: StartEnrollmentInput!) { startEnrollment(input: $input) {
    __typename ... on InvalidInput { fields { path message } }
  } }`;

  test.each(MISLEADING)('is refused in every input: %j', async (text) => {
    const { accessToken } = await client.signUp();
    const refused = { path: 'name', message: expect.stringMatching(/^Remove line breaks/) };
    const renamed = await client.graphql(
      'mutation ($name: String) { updateName(name: $name) { ... on InvalidInput { fields { path message } } } }',
      { name: text },
      accessToken,
    );
    expect(renamed.data.updateName.fields).toEqual([refused]);
    const signUp = { email: `${randomUUID()}@example.com`, password: PASSWORD, name: text };
    expect(await client.startSignUp(signUp)).toMatchObject({ code: 'INVALID_INPUT', fields: [refused] });
    const enrolled = await client.graphql(ENROLL, { input: { factor: 'TOTP', label: text } }, accessToken);
    expect(enrolled.data.startEnrollment.fields).toEqual([{ ...refused, path: 'label' }]);
    const email = 'a@example.com';
    const totp = [{ secret: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP', label: text }];
    expect(() => readRecord({ email, externalId: text })).toThrow(RecordError);
    if (/[\t\n\r]/.test(text)) return; // see the next test
    for (const record of [
      { email, name: text },
      { email, totp },
    ]) {
      expect(() => readRecord(record)).toThrow(RecordError);
    }
  });

  test('gets its line breaks replaced by spaces in a file', () => {
    const totp = [{ secret: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP', label: 'old\nphone' }];
    const record = readRecord({ email: 'a@example.com', name: 'Jane\r\nBcc: x@example.com\t', totp });
    expect(record.name).toBe('Jane Bcc: x@example.com');
    expect(record).toMatchObject({ totp: [{ label: 'old phone' }] });
  });

  test.each(NAMES)('is not confused with a real name: %j is accepted', async (name) => {
    const { accessToken } = await client.signUp();
    await client.graphql(RENAME, { name }, accessToken);
    expect(await nameOf(accessToken)).toBe(name);
    const { data } = await client.graphql(ENROLL, { input: { factor: 'TOTP', label: name } }, accessToken);
    expect(data.startEnrollment.__typename).toBe('Enrollment');
  });

  test('loses a trailing line break together with trailing spaces', async () => {
    const { accessToken } = await client.signUp();
    await client.graphql(RENAME, { name: ' Jane Doe\r\n' }, accessToken);
    expect(await nameOf(accessToken)).toBe('Jane Doe');
  });
});
