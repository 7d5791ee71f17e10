// Values that have the right type but are invalid: unknown ids, text that the database cannot store, huge strings. Each
// gets a typed error, none causes a 500, and all are logged.
import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { startTestApp, type TestApp } from '../harness/app.ts';
import { type GraphQLAnswer, type Person, TestClient } from '../harness/client.ts';

/** The log line is written when the response ends, slightly after the client has read it. */
const SOON = { interval: 2 };

let app: TestApp;
let client: TestClient;
let person: Person;
let token: string;

beforeAll(async () => {
  app = await startTestApp();
  client = new TestClient(app);
  person = await client.signUp();
  token = person.accessToken;
});
afterAll(() => app[Symbol.asyncDispose]());

/** No client input may be logged as a server error. */
let read = 0;
afterEach(() => {
  const lines = app.log.slice(read);
  read = app.log.length;
  for (const line of lines) expect(JSON.parse(line).level).toBeLessThan(50);
});

/** Returns the code of the error, whether it was returned as data or as a GraphQL error. */
async function codeOf(query: string, variables: object = {}, as = token): Promise<unknown> {
  const before = app.log.length;
  const answer = await client.graphql(query, variables, as);
  expect(answer.status).toBeLessThan(500);
  await vi.waitFor(() => expect(app.log.slice(before).join('')).toContain('"msg":"request"'), SOON);
  return codeIn(answer);
}

function codeIn({ data, errors }: GraphQLAnswer): unknown {
  const [field] = Object.values((data ?? {}) as Record<string, { code?: string } | null>);
  return errors[0]?.extensions.code ?? field?.code;
}

const UNION = '{ __typename ... on UserError { code message } }';
const ATTEMPT = `mutation ($id: ID!, $proof: ProofInput!) { attemptFactor(input: { workflowId: $id, proof: $proof }) ${UNION} }`;
const PREPARE = `mutation ($id: ID!) { prepareFactor(input: { workflowId: $id, factor: EMAIL_CODE }) ${UNION} }`;
const READ = 'query ($id: ID!) { workflow(id: $id) { id status } }';
const SIGN_IN = `mutation ($identifier: String!, $tenant: String) { startSignIn(input: { identifier: $identifier, tenant: $tenant }) ${UNION} }`;
const SIGN_UP = `mutation ($email: String!, $password: String!, $tenant: String) { startSignUp(input: { email: $email, password: $password, tenant: $tenant }) ${UNION} }`;
const ENROLL = `mutation ($label: String) { startEnrollment(input: { factor: TOTP, label: $label }) ${UNION} }`;
const STEP_UP = `mutation ($input: StartStepUpInput!) { startStepUp(input: $input) ${UNION} }`;
const REVOKE = `mutation ($id: ID!) { revokeSession(id: $id) ${UNION} }`;
const REFRESH = `mutation ($token: String) { refreshSession(input: { refreshToken: $token }) ${UNION} }`;

/** Defects that no string field accepts. */
const DEFECTS: readonly [string, string, string][] = [
  ['a NUL character', 'a\0b', 'a\\u0000b'],
  ['a lone high surrogate', 'a\ud800b', 'a\\ud800b'],
  ['a lone low surrogate', 'a\udc00', 'a\\udc00'],
  ['surrogates in the wrong order', '\udc00\ud800', '\\udc00\\ud800'],
  ['20,001 characters', 'x'.repeat(20_001), 'x'.repeat(20_001)],
];

describe('a string', () => {
  const FIELDS: readonly [string, string, (text: string) => object][] = [
    ['a workflow id to prove', ATTEMPT, (id) => ({ id, proof: { password: 'x' } })],
    ['a workflow id to prepare', PREPARE, (id) => ({ id })],
    ['a workflow id to read', READ, (id) => ({ id })],
    ['a password', ATTEMPT, (password) => ({ id: 'x', proof: { password } })],
    ['a code', ATTEMPT, (emailCode) => ({ id: 'x', proof: { emailCode } })],
    ['an identifier', SIGN_IN, (text) => ({ identifier: text })],
    ['a tenant', SIGN_IN, (tenant) => ({ identifier: 'a@example.com', tenant })],
    ['a new password', SIGN_UP, (password) => ({ email: 'new@example.com', password })],
    ['a label', ENROLL, (label) => ({ label })],
    ['the id of a session', REVOKE, (id) => ({ id })],
    ['a refresh token', REFRESH, (text) => ({ token: text })],
    ['a variable that nothing uses', 'query { settings { __typename } }', (text) => ({ x: [{ y: text }] })],
  ];
  test.each(DEFECTS)('with %s is refused in every variable', async (_what, text) => {
    for (const [, query, variables] of FIELDS)
      expect(await codeOf(query, variables(text))).toBe('BAD_USER_INPUT');
  });

  test.each(DEFECTS)('with %s is refused in every literal, escaped or not', async (_what, text, escaped) => {
    const literals = [text, escaped].flatMap((written) => [
      `mutation { attemptFactor(input: { workflowId: "${written}", proof: { password: "x" } }) ${UNION} }`,
      `mutation { attemptFactor(input: { workflowId: "x", proof: { password: "${written}" } }) ${UNION} }`,
      `mutation { revokeSession(id: "${written}") ${UNION} }`,
      `{ settings(tenant: "${written}") { __typename } }`,
      `query ($x: String = "${written}") { settings(tenant: $x) { __typename } }`,
    ]);
    // The parser of graphql-js rejects lone surrogates.
    const code = text.isWellFormed() ? 'BAD_USER_INPUT' : 'GRAPHQL_PARSE_FAILED';
    for (const query of literals) expect(await codeOf(query)).toBe(code);
  });

  test('with emoji, combining marks and letters of any script is accepted', async () => {
    const password = 'пароль 🗝️ e\u0301 密碼';
    const other = await client.signUp(undefined, password);
    expect(await client.signIn(other)).toHaveProperty('accessToken');
  });
});

test('a raw NUL byte makes the JSON invalid', async () => {
  const answer = await client.post('{"query": "{ workflow(id: \\"a\0b\\") { id } }"}');
  expect(answer.status).toBe(400);
  expect(codeIn(answer)).toBe('BAD_REQUEST');
});

describe('deeply nested values', () => {
  test.each([21, 1000, 45_000])(
    'variables nested %d levels deep are refused quickly, without a stack overflow',
    async (depth) => {
      const body = (open: string, close: string): string =>
        `{"query":"{ settings { __typename } }","variables":{"x":${open.repeat(depth)}0${close.repeat(depth)}}}`;
      for (const answer of [
        await client.post(body('[', ']')),
        await client.post(body('{"":', '}').slice(0, 99_000)),
      ]) {
        expect(answer.status).toBe(400);
        expect(codeIn(answer)).toMatch(/^BAD_(USER_INPUT|REQUEST)$/);
      }
    },
  );

  test('a deeply nested literal is refused', async () => {
    const nested = `{ settings(tenant: ${'['.repeat(1000)}${']'.repeat(1000)}) { __typename } }`;
    expect(await codeOf(nested)).toBe('GRAPHQL_VALIDATION_FAILED');
  });
});

describe('a workflow id', () => {
  const IDS: readonly [string, () => string | Promise<string>][] = [
    ['is empty', () => ''],
    ['is a space', () => ' '],
    ['is a UUID', () => randomUUID()],
    ['is random', () => randomBytes(32).toString('base64url')],
    ['is a string of the maximum length', () => 'x'.repeat(20_000)],
    ['is SQL', () => `' or 1=1; --`],
    ['is a number', () => '5'],
    ['has an extra character', async () => `${await started()}x`],
    ['has the wrong case', async () => swapCase(await started())],
    ['has spaces around it', async () => ` ${await started()} `],
  ];
  test.each(IDS)('that %s is not found', async (_what, make) => {
    const id = await make();
    expect(await codeOf(ATTEMPT, { id, proof: { password: 'x' } })).toBe('WORKFLOW_NOT_FOUND');
    expect(await codeOf(PREPARE, { id })).toBe('WORKFLOW_NOT_FOUND');
    expect((await client.graphql(READ, { id })).data).toEqual({ workflow: null });
  });

  test('that is written as a number is not found', async () => {
    const query = `mutation { attemptFactor(input: { workflowId: 5, proof: { password: "x" } }) ${UNION} }`;
    expect(await codeOf(query)).toBe('WORKFLOW_NOT_FOUND');
  });

  test('that has expired is reported as expired, because its holder started it', async () => {
    const id = await started();
    app.clock.advance(901);
    expect(await codeOf(ATTEMPT, { id, proof: { password: person.password } })).toBe('WORKFLOW_EXPIRED');
    expect(await codeOf(PREPARE, { id })).toBe('WORKFLOW_EXPIRED');
    expect((await client.graphql(READ, { id })).data).toEqual({ workflow: { id, status: 'EXPIRED' } });
    person = { ...person, ...(await client.signIn(person)) };
    token = person.accessToken;
  });

  test('that belongs to another session is not found', async () => {
    const stranger = await client.signUp();
    const { id } = await client.startEnrollment({ factor: 'TOTP' }, token);
    const as = stranger.accessToken;
    expect(await codeOf(ATTEMPT, { id, proof: { totp: '000000' } }, as)).toBe('WORKFLOW_NOT_FOUND');
    expect(await codeOf(PREPARE, { id }, as)).toBe('WORKFLOW_NOT_FOUND');
    expect((await client.graphql(READ, { id }, as)).data).toEqual({ workflow: null });
  });

  async function started(): Promise<string> {
    return (await client.startSignIn({ identifier: person.email })).id;
  }
});

describe('a proof', () => {
  test.each([
    ['password', 1025],
    ['emailCode', 17],
    ['totp', 17],
    ['backupCode', 65],
  ])('%s of %d characters is refused without costing an attempt', async (name, length) => {
    const { id } = await client.startSignIn({ identifier: person.email });
    const proof = { [name]: '🗝'.repeat(length) };
    const answer = await client.attempt(id, proof);
    expect(answer).toMatchObject({ code: 'INVALID_INPUT', fields: [{ path: `proof.${name}` }] });
    expect((await client.attempt(id, { password: 'wrong' })).attemptsRemaining).toBe(4);
  });

  test.each([{}, { password: null }, { password: 'a', totp: 'b' }, { password: 'a', totp: null }])(
    'must have exactly one field: %j is refused',
    async (proof) => {
      expect(await codeOf(ATTEMPT, { id: 'x', proof })).toBe('BAD_USER_INPUT');
    },
  );

  test.each(['', ' ', '0', '١٢٣٤٥٦', '123456789012345', '12345é', '-12345', '1e5', "' or '1'='1"])(
    'that is not a valid code, "%s", counts as an incorrect code',
    async (code) => {
      const { id } = await client.startSignIn({ identifier: `${randomUUID()}@example.com` });
      await client.prepare(id, 'EMAIL_CODE');
      expect(await client.attempt(id, { emailCode: code })).toMatchObject({
        code: 'PROOF_REJECTED',
        attemptsRemaining: 4,
      });
    },
  );

  test('of a factor that is not offered does not cost an attempt', async () => {
    const { email } = await client.signUp();
    const { id } = await client.startSignIn({ identifier: email });
    for (const proof of [{ totp: '000000' }, { backupCode: 'x' }])
      expect(await client.attempt(id, proof)).toMatchObject({ code: 'FACTOR_NOT_OFFERED' });
    expect((await client.attempt(id, { password: 'wrong' })).attemptsRemaining).toBe(4);
  });
});

describe('a factor that needs no message', () => {
  test.each(['PASSWORD', 'TOTP', 'BACKUP_CODE', 'PHONE_CODE', 'PHONE_LINK'])(
    '%s cannot be prepared, whether or not it is offered',
    async (factor) => {
      const protectedOne = await client.signUp();
      await client.enrollTotp(protectedOne.accessToken);
      const { id } = await client.startSignIn({ identifier: protectedOne.email });
      expect(await client.prepare(id, factor)).toMatchObject({ code: 'FACTOR_NOT_OFFERED' });
      await client.attempt(id, { password: protectedOne.password });
      expect(await client.prepare(id, factor)).toMatchObject({ code: 'FACTOR_NOT_OFFERED' });
    },
  );
});

test('an identity provider that does not exist cannot be prepared, and one must be named', async () => {
  const { id } = await client.startSignIn({});
  const mutation = `mutation ($input: PrepareFactorInput!) { prepareFactor(input: $input) {
    ... on UserError { code } ... on InvalidInput { fields { path } } } }`;
  const prepare = async (input: object) =>
    (await client.graphql(mutation, { input: { workflowId: id, factor: 'OAUTH', ...input } })).data
      .prepareFactor;
  expect(await prepare({ providerId: 'nowhere' })).toEqual({ code: 'FACTOR_NOT_OFFERED' });
  expect(await prepare({})).toEqual({ code: 'INVALID_INPUT', fields: [{ path: 'providerId' }] });
  const onOther = { factor: 'PASSKEY', returnTo: 'https://app.example.com/' };
  expect(await prepare(onOther)).toEqual({ code: 'INVALID_INPUT', fields: [{ path: 'returnTo' }] });
});

describe('an email address', () => {
  test.each([
    '',
    ' ',
    'x',
    'a@b',
    '@example.com',
    'a b@example.com',
    'a@example.com, b@example.com',
    'a@example.com\r\nBcc: b@example.com',
    '"a\r\n"@example.com',
    `${'x'.repeat(250)}@example.com`,
    'a@example.com\u202e',
  ])('that is invalid is refused the same way by every mutation: %j', async (text) => {
    expect(await codeOf(SIGN_IN, { identifier: text })).toBe('INVALID_INPUT');
    expect(await codeOf(SIGN_UP, { email: text, password: 'long enough' })).toBe('INVALID_INPUT');
  });
});

describe('a tenant', () => {
  test.each(['nowhere', 'x'.repeat(63)])('that does not exist gets TENANT_NOT_FOUND: %s', async (tenant) => {
    expect(await codeOf(SIGN_IN, { identifier: 'a@example.com', tenant })).toBe('TENANT_NOT_FOUND');
    const account = { email: 'a@example.com', password: 'long enough', tenant };
    expect(await codeOf(SIGN_UP, account)).toBe('TENANT_NOT_FOUND');
  });

  test.each(['', 'Default', '-x', 'a b', "x'--", 'x'.repeat(64), 'ünïcode'])(
    'with an invalid name is refused: "%s"',
    async (tenant) => {
      expect(await codeOf(SIGN_IN, { identifier: 'a@example.com', tenant })).toBe('INVALID_INPUT');
      const settings = 'query ($tenant: String) { settings(tenant: $tenant) { __typename } }';
      expect(await codeOf(settings, { tenant })).toBe('INVALID_INPUT');
    },
  );

  test('with an invalid name does not hide the refusal of another field in the same operation', async () => {
    const both = '{ viewer { id } settings(tenant: "No") { __typename } }';
    const { errors, headers } = await client.graphql(both, {}, 'x');
    expect(new Set(errors.map((error) => error.extensions.code))).toEqual(
      new Set(['INVALID_INPUT', 'UNAUTHENTICATED']),
    );
    expect(headers.get('www-authenticate')).toBe('Bearer error="invalid_token"');
  });
});

describe('the id of a session', () => {
  test.each(['', 'x', '5', `{${randomUUID()}}`, `${randomUUID()}0`, randomUUID()])(
    'that is not one of your own is not found: "%s"',
    async (id) => {
      expect(await codeOf(REVOKE, { id })).toBe('NOT_FOUND');
    },
  );
});

describe('numbers', () => {
  test.each([0, -1])('a maxAge of %d is invalid', async (maxAge) => {
    expect(await codeOf(STEP_UP, { input: { maxAge } })).toBe('INVALID_INPUT');
  });

  test.each([2_147_483_648, 1.5, Number.MAX_SAFE_INTEGER])('a maxAge of %d is not an Int', async (maxAge) => {
    expect(await codeOf(STEP_UP, { input: { maxAge } })).toBe('BAD_USER_INPUT');
  });

  test.each([[['PASSWORD']], [[]], [['TOTP', 'EMAIL_CODE']]])(
    '%j is refused as a list of second factors',
    async (accept) => {
      expect(await codeOf(STEP_UP, { input: { accept } })).toBe('INVALID_INPUT');
    },
  );
});

describe('property names that are special in JavaScript', () => {
  test.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])(
    '%s is an unknown input field',
    async (name) => {
      const body = `{"query": ${JSON.stringify(SIGN_IN.replace('($identifier: String!, $tenant: String)', '($input: StartSignInInput!)').replace('{ identifier: $identifier, tenant: $tenant }', '$input'))}, "variables": {"input": {"identifier": "a@example.com", "${name}": {"tenant": "x"}}}}`;
      expect(codeIn(await client.post(body))).toBe('BAD_USER_INPUT');
    },
  );

  test('are not variables, operations or fields', async () => {
    const body =
      '{"query": "{ settings { __typename } }", "variables": {"__proto__": {"x": 1}}, "__proto__": 1}';
    expect((await client.post(body)).status).toBeLessThan(500);
    expect(await codeOf('{ constructor { name } }')).toBe('GRAPHQL_VALIDATION_FAILED');
    expect(await codeOf('{ settings { toString } }')).toBe('GRAPHQL_VALIDATION_FAILED');
    const named = await client.post(
      '{"query": "{ settings { __typename } }", "operationName": "constructor"}',
    );
    expect(codeIn(named)).toBe('OPERATION_RESOLUTION_FAILURE');
  });
});

describe('headers', () => {
  test('with arbitrary bytes are stored unchanged, up to their maximum length', async () => {
    const userAgent = 'ä\xff"\\<script>{"x":1}'.repeat(50);
    const email = `${randomUUID()}@example.com`;
    const started = await client.startSignUp({ email, password: 'long enough' });
    const { data } = await client.graphql(
      `mutation ($id: ID!, $code: String!) { attemptFactor(input: { workflowId: $id, proof: { emailCode: $code } }) { ... on SignUp { session { session { userAgent } } } } }`,
      { id: started.id, code: await client.codeFor(email) },
      undefined,
      { 'user-agent': userAgent },
    );
    expect(data.attemptFactor.session.session.userAgent).toBe(userAgent.slice(0, 256));
  });

  test.each(['Bearer', 'Bearer ', 'Bearer a b', 'bearer\tx', `Bearer ${'x'.repeat(8000)}`, 'Bearer \xff'])(
    'with the malformed token "%s" are refused where a token is required',
    async (authorization) => {
      const answer = await client.graphql('{ viewer { id } }', {}, undefined, { authorization });
      expect(answer.status).toBe(200);
      expect(codeIn(answer)).toBe('UNAUTHENTICATED');
    },
  );
});

function swapCase(text: string): string {
  return text.replaceAll(/[a-z]/gi, (letter) =>
    letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase(),
  );
}
