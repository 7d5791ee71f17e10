// A password in the wrong place, in the document or in the variables. The response says what is wrong without repeating
// the password, and so does the log. GraphQL's own messages quote the values that they refuse.
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { startTestApp, type TestApp } from '../harness/app.ts';
import { TestClient } from '../harness/client.ts';

const SECRET = 'hunter2hunter2';
/** A password of digits that a client sends as a number. */
const NUMBER = '9182736450918';

/** The log line is written when the response ends, slightly after the client has read it. */
const SOON = { interval: 2 };

let app: TestApp;
let client: TestClient;
let workflowId: string;
let token: string;

beforeAll(async () => {
  app = await startTestApp();
  client = new TestClient(app);
  token = (await client.signUp()).accessToken;
  workflowId = (await client.startSignIn({ identifier: 'nobody@example.com' })).id;
});
afterAll(() => app[Symbol.asyncDispose]());

/** Returns the code of the refusal, after checking that neither the response nor the log contains a secret. */
async function refusedQuietly(body: object): Promise<unknown> {
  const before = app.log.length;
  const { status, errors, text } = await client.post(JSON.stringify(body), token);
  expect(status).toBe(400);
  for (const { message, extensions } of errors) {
    expect(message).toMatch(/\w/);
    expect(Object.keys(extensions)).toEqual(['code']);
  }
  await vi.waitFor(() => expect(app.log.slice(before).join('')).toContain('"msg":"request"'), SOON);
  for (const written of [text, app.log.slice(before).join('')]) {
    expect(written).not.toContain('hunter2');
    expect(written).not.toContain(NUMBER.slice(0, 6));
  }
  expect(app.log.slice(before).join('')).toContain(String(errors[0]?.extensions.code));
  return errors[0]?.extensions.code;
}

const PREPARE = 'prepareFactor(input: { workflowId: "x", factor: $value })';
const ACCEPT = 'startStepUp(input: { accept: $value })';
const attempt = (proof: string, id = '"x"'): string =>
  `mutation { attemptFactor(input: { workflowId: ${id}, proof: ${proof} }) { __typename } }`;
const signUp = (input: string): string => `mutation { startSignUp(input: ${input}) { __typename } }`;

describe('no secret in the document is repeated', () => {
  test.each<[string, string]>([
    ['a number for a string', attempt(`{ password: ${NUMBER} }`)],
    ['a fraction for a string', attempt(`{ password: ${NUMBER}.5 }`)],
    ['a bare word for a string', attempt(`{ password: ${SECRET} }`)],
    ['a list for a string', attempt(`{ password: ["${SECRET}", "${SECRET}"] }`)],
    ['an object for a string', attempt(`{ password: { is: "${SECRET}" } }`)],
    ['a block string for an object', attempt(`"""${SECRET}\n\n${SECRET}"""`)],
    ['a string for an object', attempt(`"${SECRET}"`)],
    ['two proofs', attempt(`{ password: "${SECRET}", emailCode: "${NUMBER}" }`)],
    ['a proof and null', attempt(`{ password: "${SECRET}", emailCode: null }`)],
    ['an unknown input field', attempt(`{ pasword: "${SECRET}" }`)],
    ['an id that is an object', attempt('{ password: "x" }', `{ is: "${SECRET}" }`)],
    ['an id that is a fraction', attempt('{ password: "x" }', `${NUMBER}.5`)],
    [
      'a missing input field next to it',
      `mutation { attemptFactor(input: { proof: { password: "${SECRET}" } }) { __typename } }`,
    ],
    ['an input that is a string', signUp(`"${SECRET}"`)],
    ['an input that is a number', signUp(NUMBER)],
    ['an unknown argument', `mutation { signOut(password: "${SECRET}") { id } }`],
    ['an unknown argument of a directive', `{ settings @include(password: "${SECRET}") { __typename } }`],
    ['a string for a Boolean', `{ settings @skip(if: "${SECRET}") { __typename } }`],
    [
      'a string in place of an enum value',
      `mutation { prepareFactor(input: { workflowId: "x", factor: "${SECRET}" }) { __typename } }`,
    ],
    [
      'an unknown enum value',
      `mutation { prepareFactor(input: { workflowId: "x", factor: ${SECRET} }) { __typename } }`,
    ],
    ['a string for an Int', `mutation { startStepUp(input: { maxAge: "${SECRET}" }) { __typename } }`],
    ['an Int that is too large', `mutation { startStepUp(input: { maxAge: ${NUMBER} }) { __typename } }`],
    ['a default value of the wrong type', `query ($age: Int = "${SECRET}") { settings { __typename } }`],
    ['a subfield of a string', `{ settings { secondFactorPolicy { of(password: "${SECRET}") } } }`],
    ['two conflicting fields', `{ a: workflow(id: "${SECRET}") { id } a: workflow(id: "x") { id } }`],
  ])('%s', async (_what, query) => {
    expect(await refusedQuietly({ query })).toBe('GRAPHQL_VALIDATION_FAILED');
  });

  test.each<[string, string]>([
    ['two strings in a row', attempt(`{ password: "correct" "${SECRET}" }`)],
    ['bare words', attempt(`{ password: correct horse ${SECRET} }`)],
    ['a number in a row', attempt(`{ password: "a" ${NUMBER} }`)],
    ['a string with no end', attempt(`{ password: "${SECRET}`)],
    ['an invalid escape', attempt(`{ password: "\\q${SECRET}" }`)],
    ['an incomplete escape', attempt(`{ password: "\\uhunter2" }`)],
    ['an invalid braced escape', attempt(`{ password: "\\u{hunter2}" }`)],
    ['a number that ends in letters', attempt(`{ password: 1${SECRET} }`)],
    ['a block string in place of a name', `{ """${SECRET}""" }`],
    ['a document that is only the secret', SECRET],
    ['a document that is a number', NUMBER],
  ])('%s that makes the document unparsable', async (_what, query) => {
    expect(await refusedQuietly({ query })).toBe('GRAPHQL_PARSE_FAILED');
  });
});

describe('no secret in the variables is repeated', () => {
  const ATTEMPT = 'mutation ($input: AttemptFactorInput!) { attemptFactor(input: $input) { __typename } }';
  test.each<[string, object]>([
    ['a number for a string', { proof: { password: Number(NUMBER) } }],
    ['a list for a string', { proof: { password: [SECRET] } }],
    ['an object for a string', { proof: { password: { is: SECRET } } }],
    ['a Boolean for a string next to it', { proof: { password: true, totp: SECRET } }],
    ['a string for an object', { proof: SECRET }],
    ['two proofs', { proof: { password: SECRET, emailCode: NUMBER } }],
    ['an unknown input field', { proof: { password: SECRET }, pasword: SECRET }],
    ['no proof', { pasword: SECRET }],
    ['a fraction for an id', { workflowId: Number(`${NUMBER}.5`), proof: { password: SECRET } }],
    ['a NUL character in it', { proof: { password: `${SECRET}\0` } }],
    ['a lone surrogate in it', { proof: { password: `${SECRET}\ud800` } }],
    ['more characters than the maximum', { proof: { password: SECRET.repeat(2000) } }],
  ])('%s', async (_what, input) => {
    const variables = { input: { workflowId, ...input } };
    expect(await refusedQuietly({ query: ATTEMPT, variables })).toBe('BAD_USER_INPUT');
  });

  test.each<[string, string, string, unknown]>([
    ['a string for an Int', 'Int', 'startStepUp(input: { maxAge: $value })', SECRET],
    ['an Int that is too large', 'Int', 'startStepUp(input: { maxAge: $value })', Number(NUMBER)],
    ['a number for an enum', 'FactorKind!', PREPARE, Number(NUMBER)],
    ['an unknown enum value', 'FactorKind!', PREPARE, SECRET],
    ['a value that starts like an enum value', 'FactorKind!', PREPARE, `PASSWORD" "${SECRET}`],
    ['a list with one invalid item', '[FactorKind!]', ACCEPT, ['TOTP', SECRET]],
    ['an object for a list', '[FactorKind!]', ACCEPT, { is: SECRET }],
    ['an object for an ID', 'ID!', 'revokeSession(id: $value)', { is: SECRET }],
    ['null for an ID next to it', 'ID!', 'revokeSession(id: $value)', null],
  ])('%s', async (_what, type, field, value) => {
    const query = `mutation ($value: ${type}) { ${field} { __typename } }`;
    expect(await refusedQuietly({ query, variables: { value, password: SECRET } })).toBe('BAD_USER_INPUT');
  });

  test('null for an argument that is only valid because of its default, next to a literal', async () => {
    const query = `mutation ($id: ID = "x") { attemptFactor(input: { workflowId: $id, proof: { password: "${SECRET}" } }) { __typename } }`;
    const before = app.log.length;
    const { status, errors, text } = await client.graphql(query, { id: null });
    expect(status).toBe(200);
    expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' }, path: ['attemptFactor'] }]);
    expect(text + app.log.slice(before).join('')).not.toContain('hunter2');
  });
});

describe('no secret outside the document and the variables is repeated', () => {
  test('a secret as the name of an unknown operation', async () => {
    const query = 'query A { settings { __typename } }';
    const { status, text } = await client.post(JSON.stringify({ query, operationName: SECRET }));
    expect(status).toBe(400);
    expect(text).not.toContain(SECRET);
  });
});

test('the number of reported errors is limited, so that a small request does not get a large response', async () => {
  const query = 'mutation ($input: StartStepUpInput!) { startStepUp(input: $input) { __typename } }';
  const accept = Array.from({ length: 20_000 }, () => 1);
  const { errors, text } = await client.graphql(query, { input: { accept } }, token);
  expect(errors).toHaveLength(20);
  expect(text.length).toBeLessThan(10_000);
  const fields = `{ ${'a '.repeat(400)} }`;
  expect((await client.graphql(fields)).text.length).toBeLessThan(10_000);
  for (const line of app.log) expect(line.length).toBeLessThan(5000);
});
