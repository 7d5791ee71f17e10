// `Query.stepUpRequirements` tells anyone what an operation on the API requires, and executes nothing.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../harness/app.ts';
import { TestClient } from '../harness/client.ts';

let app: TestApp;
let client: TestClient;
let token: string;
let backupCodes: readonly string[];

beforeAll(async () => {
  app = await startTestApp();
  client = new TestClient(app);
  const person = await client.signUp();
  const enrolled = await client.enrollTotp(person.accessToken);
  ({ accessToken: token } = enrolled.tokens);
  ({ backupCodes } = enrolled);
});
afterAll(() => app[Symbol.asyncDispose]());

const QUERY = `query ($document: String!, $variables: JSON, $operationName: String) {
  stepUpRequirements(document: $document, variables: $variables, operationName: $operationName) {
    __typename
    ... on InvalidInput { code message fields { path message } }
    ... on StepUpRequirements {
      stepUps { maxAge accept require }
      guardedFields {
        path authenticated roles stepUps { maxAge }
        refusal { code remedy acrValues maxAge accept require lastVerifiedAt }
      }
    }
  }
}`;

async function requirements(document: string, options: object = {}, as?: string) {
  const { data, errors, text } = await client.graphql(QUERY, { document, ...options }, as);
  return { ...data?.stepUpRequirements, errors, text };
}

const REGENERATE = 'mutation { regenerateBackupCodes { codes } }';
const NAMED = 'mutation A { signOut { id } } mutation B { regenerateBackupCodes { codes } }';

describe('stepUpRequirements', () => {
  test('works without a session, and says that the operation would be refused', async () => {
    const { stepUps, guardedFields } = await requirements(REGENERATE);
    expect(stepUps).toEqual([{ maxAge: 600, accept: expect.any(Array), require: 'SECOND_FACTOR' }]);
    expect(guardedFields).toEqual([
      {
        path: ['regenerateBackupCodes'],
        authenticated: false,
        roles: [],
        stepUps: [{ maxAge: 600 }],
        refusal: expect.objectContaining({ code: 'UNAUTHENTICATED', remedy: 'SIGN_IN' }),
      },
    ]);
  });

  test('predicts the refusal of a session, until the session has stepped up', async () => {
    expect((await requirements(REGENERATE, {}, token)).guardedFields[0].refusal).toBeNull();
    app.clock.advance(599);
    expect((await requirements(REGENERATE, {}, token)).guardedFields[0].refusal).toBeNull();
    app.clock.advance(2);
    const stale = await requirements(REGENERATE, {}, token);
    expect(stale.guardedFields[0].refusal).toMatchObject({ code: 'STEP_UP_REQUIRED', remedy: 'STEP_UP' });
    const { errors } = await client.graphql(REGENERATE, {}, token);
    const { code, remedy, acrValues, maxAge, accept, require, lastVerifiedAt } = errors[0]?.extensions ?? {};
    expect(stale.guardedFields[0].refusal).toEqual({
      code,
      remedy,
      acrValues,
      maxAge,
      accept,
      require,
      lastVerifiedAt,
    });
    const { id } = await client.startStepUp(stale.stepUps[0], token);
    const { session } = await client.attempt(id, { backupCode: backupCodes[0] }, token);
    expect((await requirements(REGENERATE, {}, session?.accessToken)).guardedFields[0].refusal).toBeNull();
  });

  test('includes required roles that the user does not have', async () => {
    const { guardedFields } = await requirements('{ user(id: "x") { id } viewer { id } }');
    expect(guardedFields).toMatchObject([
      { path: ['user'], roles: ['ADMIN'], stepUps: [{ maxAge: 600 }] },
      { path: ['viewer'], authenticated: true, roles: [], stepUps: [] },
    ]);
  });

  test('depends on the variables and on the named operation', async () => {
    const skips = 'mutation ($off: Boolean!) { regenerateBackupCodes @skip(if: $off) { codes } __typename }';
    expect((await requirements(skips, { variables: { off: true } })).guardedFields).toEqual([]);
    expect((await requirements(skips, { variables: { off: false } })).guardedFields).toHaveLength(1);
    expect((await requirements(NAMED, { operationName: 'A' })).stepUps).toEqual([]);
    expect((await requirements(NAMED, { operationName: 'B' })).stepUps).toHaveLength(1);
  });

  test('does not execute the operation', async () => {
    const person = await client.signUp();
    await requirements('mutation { signOut { id } }', {}, person.accessToken);
    const { errors } = await client.graphql('{ viewer { id } }', {}, person.accessToken);
    expect(errors).toEqual([]);
  });
});

describe('stepUpRequirements refuses an invalid document with a typed error that does not quote it:', () => {
  const SECRET = 'hunter2hunter2';

  test.each<[string, string, object?]>([
    ['a syntax error', `{ ${SECRET}(`],
    ['a string in the wrong place', `{ viewer "${SECRET}" }`],
    ['a value of the wrong type', `mutation { startStepUp(input: { maxAge: "${SECRET}" }) { __typename } }`],
    ['an unknown enum value', `mutation { startStepUp(input: { accept: ${SECRET} }) { __typename } }`],
    ['an empty document', ''],
    ['only a fragment', 'fragment F on User { id }'],
    ['several operations and no name', NAMED],
    ['the name of an unknown operation', NAMED, { operationName: SECRET }],
    ['variables that are a string', REGENERATE, { variables: SECRET }],
    ['variables that are a list', REGENERATE, { variables: [SECRET] }],
  ])('%s', async (_name, document, options) => {
    const { __typename, code, fields, errors, text } = await requirements(document, options);
    expect(errors).toEqual([]);
    expect([__typename, code]).toEqual(['InvalidInput', 'INVALID_INPUT']);
    expect(fields).not.toEqual([]);
    expect(text).not.toContain(SECRET);
  });

  test.each<[string, string]>([
    ['501 fields', `{ ${'__typename '.repeat(501)} }`],
    ['3001 tokens', `{ ${'x '.repeat(3001)} }`],
    ['31 aliases', `{ ${Array.from({ length: 31 }, (_, at) => `a${at}: __typename`).join(' ')} }`],
    ['six mutations', `mutation { ${'signOut { id } '.repeat(6)} }`],
    ['a cycle of fragments', '{ ...F } fragment F on Query { ...F }'],
  ])('exceeding a limit with %s', async (_name, document) => {
    expect((await requirements(document)).__typename).toBe('InvalidInput');
  });

  test('without suggesting names of the schema', async () => {
    const { text } = await requirements('{ viewr { id } }');
    expect(text).not.toContain('Did you mean');
    expect(text).not.toContain('"viewer"');
  });
});
