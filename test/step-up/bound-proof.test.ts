// A proof that is bound to one operation, end to end. The bank is a separate service on its own port, Stepgate is a
// running server with PostgreSQL, and the bank consumes proofs through Stepgate's API with its user's token.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { graphql, parse } from 'graphql';
import { createYoga } from 'graphql-yoga';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { evidenceOf } from '../../src/policy/evidence.ts';
import type { FactorKind } from '../../src/policy/factor-kind.ts';
import type { Presented } from '../../src/step-up/auth-context.ts';
import { operationDigest } from '../../src/step-up/operation-digest.ts';
import { useStepUp } from '../../src/step-up/yoga.ts';
import { startTestApp, type TestApp } from '../harness/app.ts';
import { TestClient } from '../harness/client.ts';
import { query } from '../harness/sql.ts';
import { authContextOf, type BankContext, bankSchema, caller } from './example-schema.ts';
import { ask, bankServer, SPEC } from './example-server.ts';

let app: TestApp;
let client: TestClient;
let user: User;
let bank: Server;
let bankUrl: string;
/** The operations that the bank has run, in order. */
const ran: string[] = [];

interface BankUser extends BankContext {
  readonly token: string | null;
}

interface User {
  readonly email: string;
  readonly secret: string;
  readonly backupCodes: string[];
  token: string;
}

interface Operation {
  readonly query: string;
  readonly operationName?: string;
  readonly variables?: object;
}

beforeAll(async () => {
  app = await startTestApp();
  client = new TestClient(app);
  user = await newUser();
  const yoga = createYoga<object, BankUser>({
    schema: bankSchema(),
    batching: { limit: 10 },
    logging: false,
    maskedErrors: { isDev: false },
    plugins: [useStepUp<BankUser>(authContextOf, { consumeProof })],
    context: async ({ request }) => {
      const token = request.headers.get('authorization')?.replace('Bearer ', '') ?? null;
      const presented = await whoIs(token);
      return { token, ran, caller: () => presented };
    },
  });
  bank = createServer((request, response) => void yoga(request, response));
  await new Promise<void>((resolve) => bank.listen(0, '127.0.0.1', resolve));
  bankUrl = `http://127.0.0.1:${(bank.address() as AddressInfo).port}/graphql`;
});
afterAll(async () => {
  await new Promise((resolve) => bank.close(resolve));
  await app[Symbol.asyncDispose]();
});

async function newUser(): Promise<User> {
  const { email, accessToken } = await client.signUp();
  const { secret, tokens, backupCodes } = await client.enrollTotp(accessToken);
  return { email, secret, backupCodes: [...backupCodes], token: tokens.accessToken };
}

/** Asks Stepgate who the user is and what the session has proved. */
async function whoIs(token: string | null): Promise<Presented> {
  const now = Math.floor(app.clock.now().getTime() / 1000);
  if (token === null) return { authContext: null, fault: null, now };
  const { data } = await client.graphql(
    '{ viewer { assurance { evidence { factor completedAt } } } }',
    {},
    token,
  );
  if (data?.viewer == null) return { authContext: null, fault: 'INVALID', now };
  const evidence = data.viewer.assurance.evidence.map((one: { factor: FactorKind; completedAt: string }) =>
    evidenceOf(one.factor, Date.parse(one.completedAt) / 1000),
  );
  return { authContext: { evidence, enrolled: ['TOTP', 'BACKUP_CODE'], roles: [] }, fault: null, now };
}

async function consumeProof(
  { token }: BankUser,
  digest: string,
  { accept, maxAge, require }: { accept: readonly FactorKind[]; maxAge: number; require: string },
): Promise<boolean> {
  const { data } = await client.graphql(
    `mutation ($digest: String!, $accept: [FactorKind!], $maxAge: Int, $require: StepUpRequire) {
      consumeOperationProof(digest: $digest, accept: $accept, maxAge: $maxAge, require: $require)
    }`,
    { digest, accept, maxAge, require },
    token ?? '',
  );
  return data.consumeOperationProof;
}

/** The bank's response to one operation or a batch, and what it ran. */
async function bankAnswers(body: Operation | readonly Operation[], token = user.token) {
  const before = ran.length;
  const response = await fetch(bankUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: SPEC, authorization: `Bearer ${token}` },
    body: JSON.stringify(body),
  });
  const answer = await response.json();
  const answers: { data?: Record<string, unknown>; errors?: { extensions: Record<string, unknown> }[] }[] =
    Array.isArray(answer) ? answer : [answer];
  return {
    status: response.status,
    data: answers[0]?.data,
    refusals: answers.flatMap(({ errors = [] }) => errors.map(({ extensions }) => extensions)),
    ran: ran.slice(before),
  };
}

/** Completes a step-up for one operation. The clock advances, because each code of the app is accepted once. */
async function approve(operation: Operation, { input = {}, backup = false, who = user } = {}) {
  app.clock.advance(30);
  const started = await start({ accept: ['TOTP', 'BACKUP_CODE'], maxAge: 120, ...input, operation }, who);
  const proof = backup ? { backupCode: who.backupCodes.pop() } : { totp: client.totp(who.secret) };
  const done = await client.attempt(started.id, proof, who.token);
  expect(done.status).toBe('COMPLETE');
  who.token = done.session?.accessToken ?? '';
  return started;
}

async function start(input: object, who = user): Promise<{ id: string; status: string; approves: string }> {
  const { data } = await client.graphql(
    `mutation ($input: StartStepUpInput!) { startStepUp(input: $input) {
      __typename ... on StepUp { id status approves } ... on InvalidInput { fields { path message } }
    } }`,
    { input },
    who.token,
  );
  return data.startStepUp;
}

const QUERY = 'mutation ($amount: Int!, $recipient: String!) { pay(amount: $amount, recipient: $recipient) }';
const PAY: Operation = { query: QUERY, variables: { amount: 5, recipient: 'Bob' } };
const REFUSED = { code: 'STEP_UP_REQUIRED', remedy: 'STEP_UP', bind: 'OPERATION' };

/** Expects that nothing has run and that the client must prove for this operation. */
async function expectRefused(...args: Parameters<typeof bankAnswers>): Promise<void> {
  const { refusals, ran: done } = await bankAnswers(...args);
  expect(done).toEqual([]);
  expect(refusals).toEqual(refusals.map(() => expect.objectContaining(REFUSED)));
  expect(refusals.length).toBeGreaterThan(0);
}

async function expectRuns(operation: Operation, what: string, token?: string): Promise<void> {
  const answer = await bankAnswers(operation, token);
  expect(answer.refusals).toEqual([]);
  expect(answer.ran).toEqual([what]);
}

describe('a field with `bind: OPERATION`', () => {
  test('is refused even in a fresh session, and runs exactly once with a proof', async () => {
    const { refusals, status } = await bankAnswers(PAY);
    expect(status).toBe(401);
    expect(refusals).toEqual([
      expect.objectContaining({ ...REFUSED, maxAge: 120, accept: ['TOTP'], require: 'SECOND_FACTOR' }),
    ]);
    const { status: asked, approves } = await approve(PAY);
    expect(asked).toBe('NEEDS_PROOF');
    expect(approves).toBe('pay');
    await expectRuns(PAY, 'pay 5 to Bob');
    await expectRefused(PAY);
  });

  test('accepts the same operation in another layout', async () => {
    await approve(PAY);
    const spread = QUERY.replaceAll(' ', '\n\t').replace('amount:', '# in dollars\n amount:');
    await expectRuns({ ...PAY, query: spread }, 'pay 5 to Bob');
  });

  test('of a query is refused alone, and runs once', async () => {
    const vault = { query: '{ hello vault }' };
    const answer = await bankAnswers(vault);
    expect(answer.data).toEqual({ hello: 'world', vault: null });
    expect(answer.refusals).toEqual([expect.objectContaining(REFUSED)]);
    await approve(vault, { input: { accept: null } });
    expect((await bankAnswers(vault)).data).toEqual({ hello: 'world', vault: 'gold' });
    expect((await bankAnswers(vault)).data).toEqual({ hello: 'world', vault: null });
  });

  test('is refused with ENROLLMENT_REQUIRED to a user without an accepted factor', async () => {
    const { errors } = await ask(caller({}, { enrolled: ['PHONE_CODE'] }), PAY.query, {
      variables: PAY.variables ?? {},
    });
    expect(errors[0]?.extensions).toMatchObject({ code: 'ENROLLMENT_REQUIRED', bind: 'OPERATION' });
  });
});

describe('a proof for one operation does not count for', () => {
  const changed: [string, Operation][] = [
    ['another amount', { ...PAY, variables: { amount: 500, recipient: 'Bob' } }],
    ['another recipient', { ...PAY, variables: { amount: 5, recipient: 'Eve' } }],
    [
      'an additional argument',
      { ...PAY, query: QUERY.replace('recipient: $recipient)', 'recipient: $recipient, note: "x")') },
    ],
    ['the same field with an alias', { ...PAY, query: QUERY.replace('pay(', 'a: pay(') }],
    [
      'running the field twice',
      { ...PAY, query: QUERY.replace(/ }$/, ' again: pay(amount: $amount, recipient: $recipient) }') },
    ],
    ['an additional field', { ...PAY, query: QUERY.replace(/ }$/, ' note }') }],
    ['another operation', { query: '{ vault }' }],
    [
      'another operation of the same document',
      {
        query: `${QUERY.replace('mutation', 'mutation A')} mutation B { pay(amount: 9, recipient: "Eve") }`,
        operationName: 'B',
      },
    ],
  ];

  test('a changed operation, and still counts for the original', async () => {
    await approve(PAY);
    for (const [, operation] of changed) await expectRefused(operation);
    await expectRuns(PAY, 'pay 5 to Bob');
  });

  test('anything once its factor has been removed', async () => {
    const who = await newUser();
    await approve(PAY, { who });
    const { data } = await client.graphql('{ viewer { authenticators { id factor } } }', {}, who.token);
    const totp = data.viewer.authenticators.find((one: { factor: string }) => one.factor === 'TOTP');
    const removed = await client.graphql(
      'mutation ($id: ID!) { removeAuthenticator(id: $id) { __typename } }',
      { id: totp.id },
      who.token,
    );
    expect(removed.data.removeAuthenticator.__typename).toBe('RemovedAuthenticator');
    await expectRefused(PAY, who.token);
  });

  test('another session of the same user, or another user', async () => {
    app.clock.advance(30);
    const other = await client.signIn(
      { email: user.email, password: 'correct horse battery staple' },
      { totp: client.totp(user.secret) },
    );
    const stranger = await newUser();
    await approve(PAY);
    await expectRefused(PAY, other.accessToken);
    await expectRefused(PAY, stranger.token);
    await expectRuns(PAY, 'pay 5 to Bob');
  });

  test('a field that needs fresh evidence in the session', async () => {
    const stale = await newUser();
    app.clock.advance(500);
    const evidence = async () => (await whoIs(stale.token)).authContext?.evidence;
    const before = await evidence();
    await approve(PAY, { who: stale });
    expect(await evidence()).toEqual(before);
    const { refusals } = await bankAnswers({ query: 'mutation { close(term: "x") }' }, stale.token);
    expect(refusals).toMatchObject([{ code: 'STEP_UP_REQUIRED', bind: 'SESSION' }]);
    await expectRuns(PAY, 'pay 5 to Bob', stale.token);
  });

  test('its operation once it has expired', async () => {
    await approve(PAY, { input: { maxAge: 60 } });
    app.clock.advance(60);
    await expectRefused(PAY);
    await approve(PAY, { input: { maxAge: 60 } });
    app.clock.advance(59);
    await expectRuns(PAY, 'pay 5 to Bob');
  });
});

describe('a client cannot weaken the field’s requirement by starting the step-up with', () => {
  test('a longer maxAge', async () => {
    await approve(PAY, { input: { maxAge: 100_000 } });
    app.clock.advance(121);
    await expectRefused(PAY);
    await approve(PAY, { input: { maxAge: 100_000 } });
    app.clock.advance(120);
    await expectRuns(PAY, 'pay 5 to Bob');
  });

  test('another factor', async () => {
    user = await newUser();
    await approve(PAY, { backup: true });
    await expectRefused(PAY);
    const vault = { query: '{ vault }' };
    await approve(vault, { backup: true });
    expect((await bankAnswers(vault)).ran).toEqual(['vault']);
  });

  test('a first factor', async () => {
    const { email, accessToken } = await client.signUp();
    const beginner = { email, secret: '', backupCodes: [], token: accessToken };
    const { id } = await start({ require: 'STRONGEST_ENROLLED', operation: PAY }, beginner);
    const done = await client.attempt(id, { password: 'correct horse battery staple' }, beginner.token);
    expect(done.status).toBe('COMPLETE');
    await expectRefused(PAY, done.session?.accessToken);
  });
});

describe('a bound proof is consumed once', () => {
  test('by ten parallel requests: one of them runs', async () => {
    await approve(PAY);
    const answers = await Promise.all(Array.from({ length: 10 }, () => bankAnswers(PAY)));
    expect(answers.filter(({ data }) => data?.['pay'] === 'paid')).toHaveLength(1);
    expect(answers.filter(({ refusals }) => refusals[0]?.['bind'] === 'OPERATION')).toHaveLength(9);
  });

  test('by a batch that repeats the operation: one of the operations runs', async () => {
    await approve(PAY);
    const { ran: done, refusals } = await bankAnswers(Array.from({ length: 5 }, () => PAY));
    expect(done).toEqual(['pay 5 to Bob']);
    expect(refusals).toHaveLength(4);
  });

  test('even if the operation then fails', async () => {
    const nowhere = { ...PAY, variables: { amount: 5, recipient: 'nowhere' } };
    await approve(nowhere);
    const { ran: done, refusals } = await bankAnswers(nowhere);
    expect(done).toEqual(['pay 5 to nowhere']);
    expect(refusals.map(({ code }) => code)).toEqual(['INTERNAL_SERVER_ERROR']);
    await expectRefused(nowhere);
  });

  test('and two proofs allow two operations', async () => {
    await approve(PAY);
    await approve(PAY);
    await expectRuns(PAY, 'pay 5 to Bob');
    await expectRuns(PAY, 'pay 5 to Bob');
    await expectRefused(PAY);
  });

  test('but not by an operation that is refused for another reason', async () => {
    const both = { query: 'mutation { payOut pay(amount: 5, recipient: "Bob") }' };
    await approve(both);
    expect((await bankAnswers(both)).refusals.map(({ code }) => code)).toContain('FORBIDDEN');
    const [{ count } = { count: '' }] = await query<{ count: string }>(
      app.databaseUrl,
      'select count(*) from operation_grant where consumed_at is null and expires_at > $1',
      [app.clock.now()],
    );
    expect(Number(count)).toBeGreaterThan(0);
  });

  test('but not after its session has ended', async () => {
    const leaver = await newUser();
    await approve(PAY, { who: leaver });
    await client.graphql('mutation { signOut { id } }', {}, leaver.token);
    const { ran: done, refusals } = await bankAnswers(PAY, leaver.token);
    expect(done).toEqual([]);
    expect(refusals).toMatchObject([{ code: 'UNAUTHENTICATED' }]);
  });
});

describe('a bound field is refused', () => {
  const fresh = caller({ TOTP: 0 });
  const { query: document, variables = {} } = PAY;

  test('when the server has no `consumeProof`', async () => {
    const answer = await ask(fresh, document, { variables });
    expect(answer.ran).toEqual([]);
    expect(answer.errors[0]?.extensions).toMatchObject(REFUSED);
    expect((await ask(fresh, '{ vault }')).data).toEqual({ vault: null });
  });

  test('when the server does not use the plugin', async () => {
    const context: BankContext = { caller: () => fresh, ran: [] };
    const schema = bankSchema();
    const { errors } = await graphql({
      schema,
      source: document,
      variableValues: { ...variables },
      contextValue: context,
    });
    expect(errors?.[0]?.extensions).toMatchObject(REFUSED);
    expect(context.ran).toEqual([]);
  });

  test.each<[string, () => unknown]>([
    ['false', async () => false],
    ['a value that is not exactly true', async () => 'true'],
    ['no value', async () => {}],
    [
      'an error',
      async () => {
        throw new Error('secret detail');
      },
    ],
  ])('when `consumeProof` gives %s', async (_name, consume) => {
    const server = bankServer({ consumeProof: consume as () => Promise<boolean> });
    for (const source of [document, '{ vault }']) {
      const answer = await ask(fresh, source, source === document ? { variables, server } : { server });
      expect(answer.ran).toEqual([]);
      expect(answer.errors).not.toEqual([]);
      expect(answer.text).not.toContain('secret detail');
    }
  });

  test('for an anonymous caller, without consuming a proof', async () => {
    let asked = 0;
    const server = bankServer({
      consumeProof: async () => {
        asked += 1;
        return true;
      },
    });
    const nobody: Presented = { authContext: null, fault: null, now: 0 };
    expect((await ask(nobody, '{ vault }', { server })).refused).toEqual({ vault: 'UNAUTHENTICATED' });
    expect((await ask(nobody, document, { variables, server })).refused).toEqual({ pay: 'UNAUTHENTICATED' });
    expect(asked).toBe(0);
    expect((await ask(fresh, '{ vault }', { server })).data).toEqual({ vault: 'gold' });
    expect(asked).toBe(1);
  });
});

describe('a step-up for one operation', () => {
  test('always requires a proof, however fresh the session is', async () => {
    const { status } = await start({ maxAge: 100_000, operation: PAY });
    expect(status).toBe('NEEDS_PROOF');
  });

  test('describes the operation in the message with the code', async () => {
    const { accessToken } = await client.signUp();
    const number = '+14155550123';
    const { tokens } = await client.enrollPhone(accessToken, number);
    const { id } = await start(
      { operation: { query: 'mutation Harmless { harmless: deleteEverything }' } },
      { ...user, token: tokens.accessToken },
    );
    app.clock.advance(31);
    await client.prepare(id, 'PHONE_CODE', tokens.accessToken);
    const text = (await client.inbox()).find((one) => one.to === number)?.text;
    expect(text).toMatch(/^Your code is \d{6}\. .* It approves: deleteEverything\. Do not share it\.$/);
    const { data } = await client.graphql(
      'query ($id: ID!) { workflow(id: $id) { ... on StepUp { approves } } }',
      { id },
      tokens.accessToken,
    );
    expect(data.workflow.approves).toBe('deleteEverything');
  });

  test.each<[string, object, string]>([
    ['invalid GraphQL', { query: '{ hunter2hunter2(' }, 'operation.query'],
    ['too large a document', { query: `{ ${'x '.repeat(3001)} }` }, 'operation.query'],
    ['no operation', { query: 'fragment F on T { a }' }, 'operation.operationName'],
    ['a subscription', { query: 'subscription { alarms }' }, 'operation.operationName'],
    [
      'a name that is not in the document',
      { query: 'mutation A { a }', operationName: 'hunter2hunter2' },
      'operation.operationName',
    ],
    ['invalid variables', { query: '{ a }', variables: 'hunter2hunter2' }, 'operation.variables'],
  ])('is not started with %s', async (_name, operation, path) => {
    const answer = (await start({ operation })) as unknown as {
      __typename: string;
      fields: { path: string }[];
    };
    expect(answer.__typename).toBe('InvalidInput');
    expect(answer.fields[0]?.path).toBe(path);
    expect(JSON.stringify(answer)).not.toContain('hunter2');
  });

  test('stores nothing from which its arguments could be guessed', async () => {
    const secret = { ...PAY, variables: { amount: 5, recipient: 'canary-recipient' } };
    await approve(secret);
    const digest = operationDigest({
      document: parse(secret.query),
      variables: { amount: 5, recipient: 'canary-recipient' },
    });
    const rows = await query(
      app.databaseUrl,
      `select to_jsonb(w)::text as row from workflow w union all select to_jsonb(g)::text from operation_grant g`,
    );
    expect(rows.length).toBeGreaterThan(1);
    expect(JSON.stringify(rows)).not.toContain('canary-recipient');
    expect(JSON.stringify(rows)).not.toContain(digest);
    expect(app.log.join('')).not.toContain('canary-recipient');
  });
});

describe('consuming a proof through the API', () => {
  const CONSUME = `mutation ($digest: String!, $maxAge: Int) {
    consumeOperationProof(digest: $digest, maxAge: $maxAge)
  }`;

  test('needs a session', async () => {
    const { errors } = await client.graphql(CONSUME, { digest: 'x' });
    expect(errors[0]?.extensions.code).toBe('UNAUTHENTICATED');
  });

  test.each(['', 'x', 'x'.repeat(20_000)])('returns false for a digest without a proof', async (digest) => {
    const { data, errors } = await client.graphql(CONSUME, { digest }, user.token);
    expect(errors).toEqual([]);
    expect(data.consumeOperationProof).toBe(false);
  });

  test('rejects a maxAge of 0', async () => {
    const { errors } = await client.graphql(CONSUME, { digest: 'x', maxAge: 0 }, user.token);
    expect(errors[0]?.extensions.code).toBe('INVALID_INPUT');
  });
});
