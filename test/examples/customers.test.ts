// The customers example together with a real Stepgate server, as a client uses them.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Server } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { createCustomersServer } from '../../examples/customers/server.ts';
import { createStepgateClient, type OnStepUp } from '../../src/client/index.ts';
import { startTestApp, TEST_ENVIRONMENT, type TestApp } from '../harness/app.ts';
import { type GraphQLAnswer, TestClient, type Tokens, tokensOf } from '../harness/client.ts';
import { runHere } from '../harness/command.ts';

const issuer = TEST_ENVIRONMENT.PUBLIC_URL;

let stepgate: TestApp;
let client: TestClient;
const servers: Server[] = [];

beforeAll(async () => {
  stepgate = await startTestApp();
  client = new TestClient(stepgate);
});

afterAll(async () => {
  for (const server of servers) server.close();
  await stepgate[Symbol.asyncDispose]();
});

interface ServiceOptions {
  readonly of?: TestApp;
  readonly issuedBy?: string;
}

/** Starts a new customers service. */
async function serviceOf({ of = stepgate, issuedBy = issuer }: ServiceOptions = {}): Promise<TestClient> {
  const server = createCustomersServer({
    issuer: issuedBy,
    jwksUrl: `${of.url}/.well-known/jwks.json`,
    now: () => of.clock.now(),
  }).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  return new TestClient({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
}

/** Starts a new customers service. @returns a function that sends operations to it. */
async function customersService(options?: ServiceOptions) {
  const service = await serviceOf(options);
  return (query: string, token?: string): Promise<GraphQLAnswer> => service.graphql(query, {}, token);
}

const NAMES = '{ customers { name } }';
const CONTRACTS = '{ customers { name terms: contract { iban } } }';
const EDIT = `mutation {
  renameCustomer(id: "1", name: "Lovelace Bakery") { name changedBy }
  changeContract(id: "1", contract: { monthlyFee: 5000 }) { id }
}`;

const codes = ({ errors }: GraphQLAnswer) => errors.map((one) => one.extensions.code);
const challengeOf = ({ headers }: GraphQLAnswer) => headers.get('www-authenticate');

/** A user who proved an authenticator app this long ago. */
async function person(secondsAgo = 0) {
  const { accessToken } = await client.signUp();
  const { tokens, secret } = await client.enrollTotp(accessToken);
  stepgate.clock.advance(secondsAgo);
  return { token: tokens.accessToken, tokens, secret };
}

describe('the customers service', () => {
  test('refuses unauthenticated requests', async () => {
    const ask = await customersService();
    const answer = await ask(NAMES);
    expect(answer).toMatchObject({ status: 200, data: { customers: null } });
    expect(codes(answer)).toEqual(['UNAUTHENTICATED']);
    expect(challengeOf(answer)).toBe('Bearer');
    const edit = await ask(EDIT);
    expect(edit).toMatchObject({ status: 401, data: null });
    expect(codes(edit)).toEqual(['UNAUTHENTICATED', 'UNAUTHENTICATED']);
  });

  test('lets signed-in users read customers, but not contracts', async () => {
    const ask = await customersService();
    const { accessToken } = await client.signUp();
    expect(await ask(NAMES, accessToken)).toMatchObject({
      errors: [],
      data: { customers: [{ name: 'Ada Bakery' }, { name: 'Hopper Shipping' }] },
    });
    const contracts = await ask(CONTRACTS, accessToken);
    expect(contracts.data.customers).toEqual([
      { name: 'Ada Bakery', terms: null },
      { name: 'Hopper Shipping', terms: null },
    ]);
    expect(codes(contracts)).toEqual(['ENROLLMENT_REQUIRED', 'ENROLLMENT_REQUIRED']);
    expect(codes(await ask(EDIT, accessToken))).toEqual(['ENROLLMENT_REQUIRED', 'ENROLLMENT_REQUIRED']);
  });

  test('returns contracts for the token from a step-up', async () => {
    const ask = await customersService();
    const { token, secret } = await person(301);
    const refused = await ask(CONTRACTS, token);
    expect(refused).toMatchObject({ status: 200, data: { customers: [{ terms: null }, { terms: null }] } });
    expect(refused.text).not.toContain('GB33');
    expect(challengeOf(refused)).toBe(
      'Bearer error="insufficient_user_authentication", acr_values="aal2", max_age="300"',
    );
    const { code, remedy, accept, maxAge, require } = refused.errors[0]?.extensions ?? {};
    expect({ code, remedy, maxAge }).toEqual({ code: 'STEP_UP_REQUIRED', remedy: 'STEP_UP', maxAge: 300 });

    const started = await client.startStepUp({ accept, maxAge, require }, token);
    const done = await client.attempt(started.id, { totp: client.totp(secret) }, token);
    const fresh = tokensOf(done).accessToken;

    expect(await ask(CONTRACTS, fresh)).toMatchObject({
      errors: [],
      data: { customers: [{ terms: { iban: 'GB33BUKB20201555555555' } }, { terms: { iban: /^DE/ } }] },
    });
    expect(codes(await ask(CONTRACTS, token))).toContain('STEP_UP_REQUIRED');
  });

  test('refuses an edit as a whole, including fields that would be allowed alone', async () => {
    const ask = await customersService();
    const { token } = await person(301);
    const { token: fresh } = await person();
    // Renaming accepts a proof up to ten minutes old, the contract up to five.
    const refused = await ask(EDIT, token);
    expect(refused).toMatchObject({ status: 401, data: null });
    expect(codes(refused)).toEqual(['STEP_UP_REQUIRED']);
    const before = await ask('{ customer(id: "1") { name changedBy contract { monthlyFee } } }', fresh);
    expect(before.data.customer).toEqual({
      name: 'Ada Bakery',
      changedBy: null,
      contract: { monthlyFee: 4900 },
    });

    const me = await client.graphql('{ viewer { id } }', {}, fresh);
    expect(await ask(EDIT, fresh)).toMatchObject({
      errors: [],
      data: {
        renameCustomer: { name: 'Lovelace Bakery', changedBy: me.data.viewer.id },
        changeContract: { id: '1' },
      },
    });
  });

  test('accepts a proof until its last second and refuses it one second later', async () => {
    const ask = await customersService();
    const { token } = await person(298);
    expect(codes(await ask(CONTRACTS, token))).toEqual([]);
    stepgate.clock.advance(4);
    expect(codes(await ask(CONTRACTS, token))).toContain('STEP_UP_REQUIRED');
  });

  test('refuses an expired token', async () => {
    const ask = await customersService();
    const { token } = await person(700);
    const answer = await ask(NAMES, token);
    expect(codes(answer)).toEqual(['UNAUTHENTICATED']);
    expect(challengeOf(answer)).toBe('Bearer error="invalid_token"');
  });

  test('validates an edit only if the caller may make it', async () => {
    const ask = await customersService();
    const wrong = 'mutation { changeContract(id: "1", contract: { iban: "x" }) { id } }';
    expect(codes(await ask(wrong))).toEqual(['UNAUTHENTICATED']);
    const { token } = await person();
    expect(codes(await ask(wrong, token))).toEqual(['BAD_USER_INPUT']);
    expect(await ask('mutation { renameCustomer(id: "9", name: "Nobody") { id } }', token)).toMatchObject({
      errors: [],
      data: { renameCustomer: null },
    });
  });
});

interface ApplicationAnswer {
  // oxlint-disable-next-line typescript/no-explicit-any -- depends on the query of the test
  readonly data?: any;
  readonly errors?: GraphQLAnswer['errors'];
}

describe('an application with stepgate/client', () => {
  async function application(tokens: Tokens, onStepUp: OnStepUp) {
    const service = await serviceOf();
    const counts = { sent: 0, prompts: 0 };
    const session = createStepgateClient({
      url: `${stepgate.url}/graphql`,
      onStepUp: (prompt) => {
        counts.prompts += 1;
        return onStepUp(prompt);
      },
    });
    await session.setSession(tokens);
    const ask = (query: string): Promise<ApplicationAnswer> => {
      const kind = query.startsWith('mutation') ? 'mutation' : 'query';
      return session.perform({ kind, query }, async ({ headers }) => {
        counts.sent += 1;
        const { text } = await service.graphql(query, {}, undefined, headers);
        return JSON.parse(text) as ApplicationAnswer;
      });
    };
    return { ask, counts };
  }

  test('refreshes an expired token, prompts the user once, and reads the contracts', async () => {
    const { tokens, secret } = await person(86_000);
    const { ask, counts } = await application(tokens, async ({ requirement, workflow }) => {
      expect(requirement).toMatchObject({ maxAge: 300, require: 'SECOND_FACTOR' });
      await workflow.attempt({ totp: client.totp(secret) });
    });
    const { data, errors } = await ask(CONTRACTS);
    expect(errors).toBeUndefined();
    expect(data.customers[0].terms.iban).toBe('GB33BUKB20201555555555');
    expect(counts).toEqual({ prompts: 1, sent: 3 });
    expect((await ask(EDIT)).errors).toBeUndefined();
    expect(counts).toEqual({ prompts: 1, sent: 4 });
  });

  test('runs an edit once, after a proof', async () => {
    const { tokens, secret } = await person(301);
    const { ask, counts } = await application(tokens, ({ workflow }) =>
      workflow.attempt({ totp: client.totp(secret) }),
    );
    expect((await ask(EDIT)).data).toMatchObject({ renameCustomer: { name: 'Lovelace Bakery' } });
    expect(counts).toEqual({ prompts: 1, sent: 2 });
  });

  test('gets the refusal if the user declines, and nothing runs', async () => {
    const { tokens } = await person(301);
    const { ask, counts } = await application(tokens, ({ workflow }) => workflow.cancel());
    const { errors = [] } = await ask(EDIT);
    expect(errors.map((one) => one.extensions.code)).toEqual(['STEP_UP_REQUIRED']);
    expect(counts).toEqual({ prompts: 1, sent: 1 });
    expect((await ask('{ customer(id: "1") { name } }')).data.customer.name).toBe('Ada Bakery');
  });
});

describe('the customers service refuses', () => {
  test('a token from another Stepgate server with the same issuer', async () => {
    const ask = await customersService();
    const other = await startTestApp();
    try {
      const { accessToken } = await new TestClient(other).signUp();
      const answer = await ask(NAMES, accessToken);
      expect(codes(answer)).toEqual(['UNAUTHENTICATED']);
      expect(challengeOf(answer)).toBe('Bearer error="invalid_token"');
    } finally {
      await other[Symbol.asyncDispose]();
    }
  });

  test('a token with the right key and another issuer', async () => {
    const ask = await customersService({ issuedBy: 'https://auth.example.com' });
    const { accessToken } = await client.signUp();
    expect(codes(await ask(NAMES, accessToken))).toEqual(['UNAUTHENTICATED']);
  });

  test.each(['nonsense', 'a.b.c', '', '../..', 'x'.repeat(7000)])('a malformed token (%#)', async (token) => {
    const ask = await customersService();
    expect(codes(await ask(NAMES, token))).toEqual(['UNAUTHENTICATED']);
  });
});

test('while the keys are unavailable all requests are refused, and afterwards tokens are accepted again', async () => {
  const first = await startTestApp();
  const port = new URL(first.url).port;
  const complaints = vi.spyOn(console, 'error').mockImplementation(() => {});
  const { accessToken } = await new TestClient(first).signUp();
  await first.app.stop();
  const ask = await customersService({ of: first });
  expect(codes(await ask(NAMES, accessToken))).toEqual(['UNAUTHENTICATED']);
  expect(codes(await ask(EDIT, accessToken))).toEqual(['UNAUTHENTICATED', 'UNAUTHENTICATED']);

  // The operator sees an error without a token.
  const told = complaints.mock.calls.flat();
  expect(told).toHaveLength(2);
  for (const line of told) expect(line).toMatch(/^Cannot read Stepgate's keys: [\w ]+$/);

  const again = await startTestApp({ PORT: port }, first.databaseUrl);
  try {
    await expect.poll(async () => codes(await ask(NAMES, accessToken)), { timeout: 15_000 }).toEqual([]);
  } finally {
    complaints.mockRestore();
    await again.app.stop();
    await first[Symbol.asyncDispose]();
  }
});

test('the example starts with one command and stops on SIGTERM', async () => {
  const port = await freePort();
  const url = `http://localhost:${port}`;
  const beside = await startTestApp({ PORT: port, PUBLIC_URL: url });
  const service = spawn(process.execPath, ['examples/customers/main.ts'], {
    env: { ...process.env, STEPGATE_URL: url, PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(service, 'exit');
  try {
    const [line] = (await once(createInterface(service.stdout), 'line')) as [string];
    const [, origin = ''] = /(http:.+)\/graphql, /.exec(line) ?? [];
    const { accessToken } = await new TestClient(beside).signUp();
    const { data, errors } = await new TestClient({ url: origin }).graphql(NAMES, {}, accessToken);
    expect(errors).toEqual([]);
    expect(data.customers).toHaveLength(2);
  } finally {
    service.kill('SIGTERM');
    await beside[Symbol.asyncDispose]();
  }
  expect(await exited).toEqual([0, null]);
});

async function freePort(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return String(port);
}

test('the schema of the example satisfies its own policy rules', async () => {
  const folder = 'examples/customers';
  const rules = ['--rules', `${folder}/stepgate.policy.json`, '--strict'];
  expect(await runHere(['policy', 'check', `${folder}/schema.graphql`, ...rules])).toEqual({
    code: 0,
    stdout: '6 fields, 3 rules: no violations.\n',
    stderr: '',
  });
});
