// A password in the wrong place: wherever it stands, in the document or beside it, the answer says what is wrong and
// repeats nothing of it, and neither does the log. GraphQL's own messages print what they refuse.
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { startTestApp, type TestApp } from '../harness/app.ts';
import { TestClient } from '../harness/client.ts';

const SECRET = 'hunter2hunter2';
/** A password that is all digits, and that somebody sends as a number. */
const NUMBER = '9182736450918';

/** The log's line comes with the end of the response, a moment after the client has read it. */
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

/** The code of what was refused, after the answer and the log were searched for both secrets. */
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

describe('in the document, as a literal', () => {
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
    ['an unknown member', attempt(`{ pasword: "${SECRET}" }`)],
    ['an id that is an object', attempt('{ password: "x" }', `{ is: "${SECRET}" }`)],
    ['an id that is a fraction', attempt('{ password: "x" }', `${NUMBER}.5`)],
    ['a missing member beside it', signUp(`{ password: "${SECRET}" }`)],
    ['an input that is a string', signUp(`"${SECRET}"`)],
    ['an input that is a number', signUp(NUMBER)],
    ['an unknown argument', `mutation { signOut(password: "${SECRET}") { id } }`],
    ['an unknown argument of a directive', `{ settings @include(password: "${SECRET}") { __typename } }`],
    ['a string for a Boolean', `{ settings @skip(if: "${SECRET}") { __typename } }`],
    [
      'a string for an enum',
      `mutation { prepareFactor(input: { workflowId: "x", factor: "${SECRET}" }) { __typename } }`,
    ],
    [
      'an unknown word of an enum',
      `mutation { prepareFactor(input: { workflowId: "x", factor: ${SECRET} }) { __typename } }`,
    ],
    ['a string for an Int', `mutation { startStepUp(input: { maxAge: "${SECRET}" }) { __typename } }`],
    ['an Int that is too large', `mutation { startStepUp(input: { maxAge: ${NUMBER} }) { __typename } }`],
    ['a default of a wrong type', `query ($age: Int = "${SECRET}") { settings { __typename } }`],
    ['a subfield of a string', `{ settings { secondFactorPolicy { of(password: "${SECRET}") } } }`],
    ['two fields that differ', `{ a: workflow(id: "${SECRET}") { id } a: workflow(id: "x") { id } }`],
  ])('%s', async (_what, query) => {
    expect(await refusedQuietly({ query })).toBe('GRAPHQL_VALIDATION_FAILED');
  });

  test.each<[string, string]>([
    ['two strings in a row', attempt(`{ password: "correct" "${SECRET}" }`)],
    ['bare words', attempt(`{ password: correct horse ${SECRET} }`)],
    ['a number in a row', attempt(`{ password: "a" ${NUMBER} }`)],
    ['a string with no end', attempt(`{ password: "${SECRET}`)],
    ['an escape that is none', attempt(`{ password: "\\q${SECRET}" }`)],
    ['half an escape', attempt(`{ password: "\\uhunter2" }`)],
    ['a long escape', attempt(`{ password: "\\u{hunter2}" }`)],
    ['a number that ends in letters', attempt(`{ password: 1${SECRET} }`)],
    ['a block string where a name belongs', `{ """${SECRET}""" }`],
    ['a document that is nothing but it', SECRET],
    ['a document that is a number', NUMBER],
  ])('%s, where nothing can be parsed', async (_what, query) => {
    expect(await refusedQuietly({ query })).toBe('GRAPHQL_PARSE_FAILED');
  });
});

describe('in the variables', () => {
  const ATTEMPT = 'mutation ($input: AttemptFactorInput!) { attemptFactor(input: $input) { __typename } }';
  test.each<[string, object]>([
    ['a number for a string', { proof: { password: Number(NUMBER) } }],
    ['a list for a string', { proof: { password: [SECRET] } }],
    ['an object for a string', { proof: { password: { is: SECRET } } }],
    ['a Boolean for a string, beside it', { proof: { password: true, totp: SECRET } }],
    ['a string for an object', { proof: SECRET }],
    ['two proofs', { proof: { password: SECRET, emailCode: NUMBER } }],
    ['an unknown member', { proof: { password: SECRET }, pasword: SECRET }],
    ['no proof', { pasword: SECRET }],
    ['a fraction for an id', { workflowId: Number(`${NUMBER}.5`), proof: { password: SECRET } }],
    ['a NUL in it', { proof: { password: `${SECRET}\0` } }],
    ['half a surrogate pair in it', { proof: { password: `${SECRET}\ud800` } }],
    ['more characters than any string has', { proof: { password: SECRET.repeat(2000) } }],
  ])('%s', async (_what, input) => {
    const variables = { input: { workflowId, ...input } };
    expect(await refusedQuietly({ query: ATTEMPT, variables })).toBe('BAD_USER_INPUT');
  });

  test.each<[string, string, string, unknown]>([
    ['a string for an Int', 'Int', 'startStepUp(input: { maxAge: $value })', SECRET],
    ['an Int that is too large', 'Int', 'startStepUp(input: { maxAge: $value })', Number(NUMBER)],
    ['a number for an enum', 'FactorKind!', PREPARE, Number(NUMBER)],
    ['an unknown word of an enum', 'FactorKind!', PREPARE, SECRET],
    ['a word that is nearly one of an enum', 'FactorKind!', PREPARE, `PASSWORD" "${SECRET}`],
    ['a list with one wrong member', '[FactorKind!]', ACCEPT, ['TOTP', SECRET]],
    ['an object for a list', '[FactorKind!]', ACCEPT, { is: SECRET }],
    ['an object for an ID', 'ID!', 'revokeSession(id: $value)', { is: SECRET }],
    ['null for an ID, beside it', 'ID!', 'revokeSession(id: $value)', null],
  ])('%s', async (_what, type, field, value) => {
    const query = `mutation ($value: ${type}) { ${field} { __typename } }`;
    expect(await refusedQuietly({ query, variables: { value, password: SECRET } })).toBe('BAD_USER_INPUT');
  });

  test('null for an argument whose default made it valid, beside a literal', async () => {
    const query = `mutation ($id: ID = "x") { attemptFactor(input: { workflowId: $id, proof: { password: "${SECRET}" } }) { __typename } }`;
    const before = app.log.length;
    const { status, errors, text } = await client.graphql(query, { id: null });
    expect(status).toBe(200);
    expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' }, path: ['attemptFactor'] }]);
    expect(text + app.log.slice(before).join('')).not.toContain('hunter2');
  });
});

describe('beside them', () => {
  test('as the name of an operation that is not there', async () => {
    const query = 'query A { settings { __typename } }';
    const { status, text } = await client.post(JSON.stringify({ query, operationName: SECRET }));
    expect(status).toBe(400);
    expect(text).not.toContain(SECRET);
  });
});

test('mistakes are told up to a number: a small body gets no large answer', async () => {
  const query = 'mutation ($input: StartStepUpInput!) { startStepUp(input: $input) { __typename } }';
  const accept = Array.from({ length: 20_000 }, () => 1);
  const { errors, text } = await client.graphql(query, { input: { accept } }, token);
  expect(errors).toHaveLength(20);
  expect(text.length).toBeLessThan(10_000);
  const fields = `{ ${'a '.repeat(400)} }`;
  expect((await client.graphql(fields)).text.length).toBeLessThan(10_000);
  for (const line of app.log) expect(line.length).toBeLessThan(5000);
});
