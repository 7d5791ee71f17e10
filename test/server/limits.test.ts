// What one document and one request may ask for. Whatever is beyond a limit runs not at all: no field of it, and no
// check of a proof.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../harness/app.ts';
import { type Person, TestClient } from '../harness/client.ts';
import { query } from '../harness/sql.ts';

let app: TestApp;
let client: TestClient;
let person: Person;

beforeAll(async () => {
  app = await startTestApp();
  client = new TestClient(app);
  person = await client.signUp();
});
afterAll(() => app[Symbol.asyncDispose]());

interface Reply {
  readonly data?: Record<string, { code?: string; attemptsRemaining?: number } | null> | null;
  readonly errors?: readonly { message: string; extensions: { code: string } }[];
}

/** Nested fields of introspection: `depth` of them, the ends included. */
const nested = (depth: number): string =>
  `{ __type(name: "User") { ${'ofType { '.repeat(depth - 2)} name ${'} '.repeat(depth - 2)} } }`;

const times = (count: number, write: (at: number) => string): string =>
  Array.from({ length: count }, (_, at) => write(at)).join(' ');

/** Fragments that spread each other twice: 2^count fields of a small document. */
function bomb(count: number): string {
  const fragment = (at: number): string =>
    `fragment F${at} on Query { ${at === count - 1 ? '__typename' : `...F${at + 1} ...F${at + 1}`} }`;
  return `{ ...F0 } ${times(count, fragment)}`;
}

const attempt = (id: string, password = 'wrong'): string =>
  `attemptFactor(input: { workflowId: "${id}", proof: { password: "${password}" } }) {
    __typename ... on UserError { code } ... on ProofRejected { attemptsRemaining }
  }`;

describe('a document', () => {
  test.each<[string, string]>([
    ['21 fields deep', nested(21)],
    ['1000 fields deep', nested(700)],
    ['21 deep, in a fragment', `{ ...F } fragment F on Query ${nested(21)}`],
    ['21 deep, in an inline fragment', `{ ... on Query ${nested(21)} }`],
    ['501 fields wide', `{ ${'__typename '.repeat(501)} }`],
    [
      '501 fields by a fragment',
      `{ ${'...F '.repeat(167)} } fragment F on Query { __typename __typename __typename }`,
    ],
    ['a bomb of 10 fragments', bomb(10)],
    ['a bomb of 100 fragments', bomb(100)],
    ['31 aliases', `{ ${times(31, (at) => `a${at}: __typename`)} }`],
    ['31 aliases of one name', `{ ${'a: __typename '.repeat(31)} }`],
    [
      '32 aliases by a fragment',
      `{ ${'... on Query { ...F } '.repeat(16)} } fragment F on Query { a: __typename b: __typename }`,
    ],
    ['51 directives', `{ __typename ${'@include(if: true) '.repeat(51)} }`],
    ['51 directives on fragments', `{ ${'... @include(if: true) { __typename } '.repeat(51)} }`],
    ['6 mutations', `mutation { ${times(6, (at) => `a${at}: signOut { id }`)} }`],
    ['6 mutations without an alias', `mutation { ${'signOut { id } '.repeat(6)} }`],
    [
      '6 mutations by fragments',
      `mutation { ${'...F '.repeat(6)} } fragment F on Mutation { signOut { id } }`,
    ],
    ['6 mutations, some of them __typename', `mutation { ${'__typename '.repeat(5)} signOut { id } }`],
    ['more than 3000 tokens', `{ ${'__typename '.repeat(3000)} }`],
    ['more than 3000 tokens of nothing', `query (${'$a: Int '.repeat(1000)}) { __typename }`],
  ])('of %s is refused with a typed error', async (_what, document) => {
    const { status, data, errors } = await client.graphql(document, {}, person.accessToken);
    expect(status).toBe(400);
    expect(data).toBeNull();
    expect(errors.length).toBeGreaterThan(0);
    for (const { message, extensions } of errors) {
      expect(extensions).toEqual({ code: 'LIMIT_EXCEEDED' });
      expect(message).toMatch(/\d/); // the limit
    }
  });

  test.each<[string, string]>([
    ['20 fields deep', nested(20)],
    ['500 fields wide', `{ ${'__typename '.repeat(500)} }`],
    ['30 aliases', `{ ${times(30, (at) => `a${at}: __typename`)} }`],
    ['50 directives', `{ ${'... @include(if: true) { __typename } '.repeat(50)} }`],
    ['5 mutations', `mutation { ${'__typename '.repeat(5)} }`],
  ])('of %s is answered', async (_what, document) => {
    const { status, errors } = await client.graphql(document);
    expect(errors).toEqual([]);
    expect(status).toBe(200);
  });

  test('that GraphiQL asks first, for the schema, is within every limit', async () => {
    const { getIntrospectionQuery } = await import('graphql');
    const { errors } = await client.graphql(
      getIntrospectionQuery({ inputValueDeprecation: true, oneOf: true }),
    );
    expect(errors).toEqual([]);
  });

  test('whose fragment spreads itself is refused, and not followed for ever', async () => {
    for (const document of [
      '{ ...F } fragment F on Query { ...F }',
      '{ ...F } fragment F on Query { ...G } fragment G on Query { ...F __typename }',
      '{ __type(name: "User") { ...F } } fragment F on __Type { ofType { ...F } }',
    ]) {
      const { errors } = await client.graphql(document);
      expect(errors[0]?.extensions.code).toBe('GRAPHQL_VALIDATION_FAILED');
    }
  });

  test('is measured by the operation that asks for the most, whichever runs', async () => {
    const document = `query A { __typename } query B { ${'__typename '.repeat(501)} }`;
    const { errors } = await client.post(JSON.stringify({ query: document, operationName: 'A' }));
    expect(errors[0]?.extensions.code).toBe('LIMIT_EXCEEDED');
  });
});

describe('guesses in one document', () => {
  test('200 of them are refused before one is checked, and no attempt is spent', async () => {
    const { id } = await client.startSignIn({ identifier: person.email });
    const document = `mutation { ${times(200, (at) => `a${at}: ${attempt(id)}`)} }`;
    const { errors, data } = await client.graphql(document);
    expect(data).toBeNull();
    expect(errors[0]?.extensions.code).toBe('LIMIT_EXCEEDED');
    const byName = document.replaceAll(/a\d+: /g, '');
    expect((await client.graphql(byName)).errors[0]?.extensions.code).toBe('LIMIT_EXCEEDED');
    expect((await client.attempt(id, { password: 'wrong' })).attemptsRemaining).toBe(4);
  });

  test('6 of them are refused as well, and so are 6 by fragments', async () => {
    const { id } = await client.startSignIn({ identifier: person.email });
    const fragments = times(6, (at) => `fragment F${at} on Mutation { a${at}: ${attempt(id)} }`);
    for (const document of [
      `mutation { ${times(6, (at) => `a${at}: ${attempt(id)}`)} }`,
      `mutation { ${times(6, (at) => `...F${at}`)} } ${fragments}`,
      `mutation { ${times(6, (at) => `... on Mutation { a${at}: ${attempt(id)} }`)} }`,
    ])
      expect((await client.graphql(document)).errors[0]?.extensions.code).toBe('LIMIT_EXCEEDED');
    expect((await client.attempt(id, { password: 'wrong' })).attemptsRemaining).toBe(4);
  });

  test('3 batched documents of 5 spend the five attempts of the workflow, and no more', async () => {
    const { email, password } = await client.signUp();
    const { id } = await client.startSignIn({ identifier: email });
    const document = `mutation { ${times(5, (at) => `a${at}: ${attempt(id)}`)} }`;
    const replies = await sendBatch(Array.from({ length: 3 }, () => ({ query: document })));
    const fields = replies.flatMap(({ data }) => Object.values(data ?? {}));
    expect(fields).toHaveLength(15);
    const rejected = fields.filter((field) => field?.code === 'PROOF_REJECTED');
    expect(rejected.map((field) => field?.attemptsRemaining)).toHaveLength(5);
    expect(new Set(rejected.map((field) => field?.attemptsRemaining))).toEqual(new Set([4, 3, 2, 1, 0]));
    for (const field of fields)
      expect(['PROOF_REJECTED', 'WORKFLOW_ENDED', 'CONFLICT']).toContain(field?.code);
    expect(await client.attempt(id, { password })).toMatchObject({ code: 'WORKFLOW_ENDED' });
    expect(await proofsRejected(email)).toBe(5);
  });

  test('the right one among them opens one session, however often it stands there', async () => {
    const { email, password } = await client.signUp();
    const { id } = await client.startSignIn({ identifier: email });
    const document = `mutation { ${times(5, (at) => `a${at}: ${attempt(id, password)}`)} }`;
    const replies = await sendBatch(Array.from({ length: 3 }, () => ({ query: document })));
    const names = replies.flatMap(({ data }) =>
      Object.values(data ?? {}).map((field) => JSON.stringify(field)),
    );
    expect(names.filter((field) => field.includes('"SignIn"'))).toHaveLength(1);
    const [row] = await query<{ sessions: string }>(
      app.databaseUrl,
      `select count(*) as sessions from session s join email_address e on e.user_id = s.user_id where e.address = $1`,
      [email],
    );
    expect(Number(row?.sessions)).toBe(2); // the sign-up's, and this one
  });

  async function proofsRejected(email: string): Promise<number> {
    const [row] = await query<{ rejected: string }>(
      app.databaseUrl,
      `select count(*) as rejected from audit_event a join email_address e on e.user_id = a.user_id
       where e.address = $1 and a.type = 'sign-in.proof-rejected'`,
      [email],
    );
    return Number(row?.rejected);
  }
});

describe('a batch', () => {
  test('answers each of its operations for itself, in their order', async () => {
    const replies = await sendBatch([
      { query: '{ settings { __typename } }' },
      { query: '{ nowhere }' },
      { query: '{' },
      { query: 5 },
      { query: `{ ${'__typename '.repeat(501)} }` },
      { query: '{ viewer { id } }' },
      { query: 'mutation { signOut { id } }' },
      { query: 'query ($x: ID!) { workflow(id: $x) { id } }', variables: { x: 'a\0' } },
    ]);
    expect(replies.map(({ errors }) => errors?.[0]?.extensions.code)).toEqual([
      undefined,
      'GRAPHQL_VALIDATION_FAILED',
      'GRAPHQL_PARSE_FAILED',
      'BAD_REQUEST',
      'LIMIT_EXCEEDED',
      'UNAUTHENTICATED',
      'UNAUTHENTICATED',
      'BAD_USER_INPUT',
    ]);
  });

  test('of eleven runs none of them', async () => {
    const { id } = await client.startSignIn({ identifier: person.email });
    const operation = { query: `mutation { ${attempt(id)} }` };
    const answer = await client.post(JSON.stringify(Array.from({ length: 11 }, () => operation)));
    expect(answer.errors[0]?.extensions.code).toBe('LIMIT_EXCEEDED');
    expect((await client.attempt(id, { password: 'wrong' })).attemptsRemaining).toBe(4);
  });
});

async function sendBatch(operations: readonly object[]): Promise<Reply[]> {
  return JSON.parse((await client.post(JSON.stringify(operations))).text) as Reply[];
}
