// Limits on documents and requests. A request that exceeds a limit is not executed at all: no field is resolved and no
// proof is checked.
import { getIntrospectionQuery } from 'graphql';
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

/** Introspection fields nested `depth` levels deep. */
const nested = (depth: number): string =>
  `{ __type(name: "User") { ${'ofType { '.repeat(depth - 2)} name ${'} '.repeat(depth - 2)} } }`;

const times = (count: number, write: (at: number) => string): string =>
  Array.from({ length: count }, (_, at) => write(at)).join(' ');

/** Fragments that each spread the next one twice, so that a small document expands to 2^count fields. */
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
    ['21 fields deep, in a fragment', `{ ...F } fragment F on Query ${nested(21)}`],
    ['21 fields deep, in an inline fragment', `{ ... on Query ${nested(21)} }`],
    ['501 fields wide', `{ ${'__typename '.repeat(501)} }`],
    [
      '501 fields through a fragment',
      `{ ${'...F '.repeat(167)} } fragment F on Query { __typename __typename __typename }`,
    ],
    ['10 fragments that expand exponentially', bomb(10)],
    ['100 fragments that expand exponentially', bomb(100)],
    ['31 aliases', `{ ${times(31, (at) => `a${at}: __typename`)} }`],
    ['31 equal aliases', `{ ${'a: __typename '.repeat(31)} }`],
    [
      '32 aliases through a fragment',
      `{ ${'... on Query { ...F } '.repeat(16)} } fragment F on Query { a: __typename b: __typename }`,
    ],
    ['51 directives', `{ __typename ${'@include(if: true) '.repeat(51)} }`],
    ['51 directives on fragments', `{ ${'... @include(if: true) { __typename } '.repeat(51)} }`],
    ['6 mutations', `mutation { ${times(6, (at) => `a${at}: signOut { id }`)} }`],
    ['6 mutations without an alias', `mutation { ${'signOut { id } '.repeat(6)} }`],
    [
      '6 mutations through fragments',
      `mutation { ${'...F '.repeat(6)} } fragment F on Mutation { signOut { id } }`,
    ],
    ['6 mutations, some of them __typename', `mutation { ${'__typename '.repeat(5)} signOut { id } }`],
    ['501 fragments', `{ ${'...F '.repeat(501)} } fragment F on Query { __typename }`],
    ['501 nested fragments', `${'{ ... '.repeat(501)} { __typename } ${'}'.repeat(501)}`],
    [
      'fragments that spread each other and select nothing else',
      `{ ...F0 } ${times(12, (at) => `fragment F${at} on Query { ${times(12, (other) => `...F${other}`)} }`)}`,
    ],
    ['1001 lines', `{${'\n'.repeat(1000)}__typename }`],
    ['142 fields with the same name', `{ ${'settings { __typename } '.repeat(142)} }`],
    ['142 fields with the same name and arguments', `{ ${'link(token: "x") '.repeat(142)} }`],
    [
      '142 nested fields with the same name',
      `{ ${'settings { passwordPolicy { __typename } } '.repeat(72)} ${'settings { ... { passwordPolicy { __typename } } } '.repeat(70)} }`,
    ],
    [
      '142 fields with the same name through fragments',
      `{ ${'...F '.repeat(71)} } fragment F on Query { settings { __typename } settings { __typename } }`,
    ],
    [
      '142 fields with the same name in an unused fragment',
      `{ __typename } fragment F on Query { ${'settings { __typename } '.repeat(142)} }`,
    ],
    [
      'many times the introspection of GraphiQL',
      `{ __schema { ${times(30, (at) => `a${at}: types { fields { name args { name type { name } } } }`)} } }`,
    ],
    [
      'excessive introspection through fragments',
      `{ __schema { ${times(30, (at) => `a${at}: types { ...T }`)} } } fragment T on __Type { fields { name args { name type { name } } } }`,
    ],
    [
      'excessive introspection of a type named by a variable',
      `query ($n: String!) { ${times(30, (at) => `a${at}: __type(name: $n) { fields { name args { name type { name } } } }`)} }`,
    ],
    [
      '4 sign-ups, which count as 4 mutations each',
      `mutation { ${times(4, (at) => `a${at}: startSignUp(input: { email: "x@example.com", password: "x" }) { __typename }`)} }`,
    ],
    ['21 fields deep, in an unused fragment', `{ __typename } fragment F on Query ${nested(21)}`],
    ['more than 3000 tokens', `{ ${'__typename '.repeat(3000)} }`],
    ['more than 3000 tokens without fields', `query (${'$a: Int '.repeat(1000)}) { __typename }`],
  ])('with %s is refused with a typed error', async (_what, document) => {
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
    ['141 fields with the same name', `{ ${'settings { __typename } '.repeat(141)} }`],
    ['500 fragments', `{ ${'...F '.repeat(500)} } fragment F on Query { __typename }`],
    ['1000 lines', `{${'\n'.repeat(999)}__typename }`],
    ['50 directives', `{ ${'... @include(if: true) { __typename } '.repeat(50)} }`],
    ['5 mutations', `mutation { ${'__typename '.repeat(5)} }`],
  ])('with %s is executed', async (_what, document) => {
    const { status, errors } = await client.graphql(document);
    expect(errors).toEqual([]);
    expect(status).toBe(200);
  });

  test('with the introspection query of GraphiQL is within every limit', async () => {
    const { errors } = await client.graphql(
      getIntrospectionQuery({ inputValueDeprecation: true, oneOf: true }),
    );
    expect(errors).toEqual([]);
  });

  test('with a fragment that spreads itself is refused without an endless loop', async () => {
    for (const document of [
      '{ ...F } fragment F on Query { ...F }',
      '{ ...F } fragment F on Query { ...G } fragment G on Query { ...F __typename }',
      '{ __type(name: "User") { ...F } } fragment F on __Type { ofType { ...F } }',
    ]) {
      const { errors } = await client.graphql(document);
      expect(errors[0]?.extensions.code).toBe('GRAPHQL_VALIDATION_FAILED');
    }
  });

  test('is measured by its largest operation, even if another one runs', async () => {
    const document = `query A { __typename } query B { ${'__typename '.repeat(501)} }`;
    const { errors } = await client.post(JSON.stringify({ query: document, operationName: 'A' }));
    expect(errors[0]?.extensions.code).toBe('LIMIT_EXCEEDED');
  });
});

describe('password guesses in one document', () => {
  test('200 guesses are refused before any is checked, and cost no attempt', async () => {
    const { id } = await client.startSignIn({ identifier: person.email });
    const document = `mutation { ${times(200, (at) => `a${at}: ${attempt(id)}`)} }`;
    const { errors, data } = await client.graphql(document);
    expect(data).toBeNull();
    expect(errors[0]?.extensions.code).toBe('LIMIT_EXCEEDED');
    const byName = document.replaceAll(/a\d+: /g, '');
    expect((await client.graphql(byName)).errors[0]?.extensions.code).toBe('LIMIT_EXCEEDED');
    expect((await client.attempt(id, { password: 'wrong' })).attemptsRemaining).toBe(4);
  });

  test('6 guesses are refused, with aliases or through fragments', async () => {
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

  test('a batch of 3 documents with 5 guesses each uses up the five attempts of the workflow and no more', async () => {
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

  test('the correct password among them opens only one session, even if it is repeated', async () => {
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
  test('returns the result of each operation separately and in order', async () => {
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

  test('has one budget for all its documents together', async () => {
    const query = `{ ${'__typename '.repeat(200)} }`;
    for (const queries of [
      [query, query, query], // the same one, which is parsed once
      [query, `${query} `, `${query}  `],
      [`{ ${'a {'.repeat(480)}`, `{ ${'a {'.repeat(480)}`, query],
    ]) {
      const replies = await sendBatch(queries.map((text) => ({ query: text })));
      const codes = replies.map(({ errors }) => errors?.[0]?.extensions.code);
      expect(codes.at(-1)).toBe('LIMIT_EXCEEDED');
      expect(codes.slice(0, 2)).not.toContain('LIMIT_EXCEEDED');
    }
  });

  test.each<[string, number, string]>([
    ['16 mutations', 4, `mutation { ${'__typename '.repeat(4)} }`],
    ['31 aliases', 2, `{ ${times(16, (at) => `a${at}: __typename`)} }`],
    ['51 directives', 2, `{ ${'... @include(if: true) { __typename } '.repeat(26)} }`],
    ['1001 lines', 2, `{${'\n'.repeat(500)}__typename }`],
    ['3001 tokens', 2, `query (${'$a: Int '.repeat(400)}) { __typename }`],
    ['501 fragments', 2, `{ ${'...F '.repeat(251)} } fragment F on Query { __typename }`],
    ['GraphiQL’s introspection three times', 3, getIntrospectionQuery()],
  ])(
    'with %s across all its documents is refused once the limit is exceeded',
    async (_what, count, query) => {
      const replies = await sendBatch(Array.from({ length: count }, () => ({ query })));
      expect(replies[0]?.errors?.[0]?.extensions.code).not.toBe('LIMIT_EXCEEDED');
      expect(replies.at(-1)?.errors?.[0]?.extensions.code).toBe('LIMIT_EXCEEDED');
    },
  );

  test('that refused a document does not affect the same document in the next request', async () => {
    const query = `{ ${times(3, (at) => `remembered${at}: __typename`)} }`;
    const full = `{ ${times(29, (at) => `a${at}: __typename`)} }`;
    const replies = await sendBatch([{ query: full }, { query }]);
    expect(replies[1]?.errors?.[0]?.extensions.code).toBe('LIMIT_EXCEEDED');
    expect((await client.graphql(query)).errors).toEqual([]);
    expect((await client.graphql(query)).errors).toEqual([]);
  });

  test('of eleven operations runs none of them', async () => {
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

describe('documents in variables', () => {
  const DOCUMENTS = Array.from({ length: 30 }, (_, at) => `{ ${'__typename '.repeat(240)}${' '.repeat(at)}}`);
  const ask = (documents: readonly string[]): Promise<{ data: Record<string, { __typename: string }> }> =>
    client.graphql(
      `query (${times(documents.length, (at) => `$d${at}: String!`)}) {
        ${times(documents.length, (at) => `a${at}: stepUpRequirements(document: $d${at}) { __typename ... on InvalidInput { message } }`)}
      }`,
      Object.fromEntries(documents.map((text, at) => [`d${at}`, text])),
    );

  test('share the budget of the request: 30 documents with 240 equal fields each are refused before validation', async () => {
    const { data } = await ask(DOCUMENTS);
    const types = Object.values(data).map(({ __typename: type }) => type);
    expect(types.filter((type) => type === 'StepUpRequirements')).toHaveLength(1);
    expect(types.filter((type) => type === 'InvalidInput')).toHaveLength(29);
    expect(data['a29']).toMatchObject({ message: expect.stringContaining('more than 500 fields') });
  });

  test('count against the budget even if they are not valid GraphQL', async () => {
    const { data } = await ask(
      Array.from({ length: 10 }, (_, at) => `{ ${'a {'.repeat(400)}${' '.repeat(at)}`),
    );
    expect(data['a0']).toMatchObject({ message: expect.stringContaining('Syntax Error') });
    expect(data['a9']).toMatchObject({ message: expect.stringContaining('more than 3000 tokens') });
  });

  test('and bound operations count against the same budget', async () => {
    const start = (at: number): string =>
      `a${at}: startStepUp(input: { operation: { query: $d${at} } }) { __typename ... on InvalidInput { message } }`;
    const { data } = await client.graphql(
      `mutation ($d0: String!, $d1: String!, $d2: String!) { ${times(3, start)} }`,
      Object.fromEntries(DOCUMENTS.slice(0, 3).map((text, at) => [`d${at}`, text])),
      person.accessToken,
    );
    expect(data.a0.__typename).not.toBe('InvalidInput');
    expect(data.a2).toMatchObject({ __typename: 'InvalidInput', message: expect.stringContaining('fields') });
  });
});

test('validation of a large variable stops after the maximum number of errors', async () => {
  const { errors } = await client.graphql(
    'mutation ($input: StartStepUpInput!) { startStepUp(input: $input) { __typename } }',
    { input: { accept: Array.from({ length: 1000 }, (_, at) => `TOTQ${at}`) } },
    person.accessToken,
  );
  expect(errors).toHaveLength(20);
});
