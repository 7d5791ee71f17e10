// The agent in examples/agent, installed with the packed package: an MCP server that a scripted client drives, next to the
// customers API and a running Stepgate, while the user answers on another device.
import { once } from 'node:events';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import type { Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { createCustomersServer } from '../../examples/customers/server.ts';
import { type Agent, AgentWorld, type Owner } from '../agents/agents.ts';
import { startTestApp, TEST_ENVIRONMENT, type TestApp } from '../harness/app.ts';
import { pack, ROOT, run } from './pack.ts';

const INSTALL_MS = 300_000;

interface Result {
  readonly isError?: boolean;
  readonly content: readonly { readonly text: string }[];
}

interface McpClient {
  connect(transport: object): Promise<void>;
  close(): Promise<void>;
  listTools(): Promise<{ readonly tools: readonly { readonly name: string }[] }>;
  callTool(call: { readonly name: string; readonly arguments?: object }): Promise<Result>;
}

let folder: string;
let project: string;
let app: TestApp;
let world: AgentWorld;
let owner: Owner;
let service: Server;
let customers: string;
const clients: McpClient[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stepgate-agent-'));
  project = join(folder, 'agent');
  const tarball = await pack(folder);
  await cp(join(ROOT, 'examples/agent'), project, {
    recursive: true,
    filter: (path) => !/\/(node_modules|out)$/.test(path),
  });
  const manifest = JSON.parse(await readFile(join(project, 'package.json'), 'utf8'));
  manifest.dependencies.stepgate = `file:${tarball}`;
  await writeFile(join(project, 'package.json'), JSON.stringify(manifest));
  await run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline'], { cwd: project });
  await run('npx', ['tsc', '-p', 'tsconfig.json'], { cwd: project });

  app = await startTestApp({ API_SCHEMAS: join(ROOT, 'examples/customers/schema.graphql') });
  world = new AgentWorld(app);
  owner = await world.owner();
  service = createCustomersServer({
    issuer: TEST_ENVIRONMENT.PUBLIC_URL,
    jwksUrl: `${app.url}/.well-known/jwks.json`,
    api: `${app.url}/graphql`,
    now: () => app.clock.now(),
  }).listen(0, '127.0.0.1');
  await once(service, 'listening');
  customers = `http://127.0.0.1:${(service.address() as AddressInfo).port}/graphql`;
}, INSTALL_MS);

afterEach(async () => {
  for (const client of clients.splice(0)) await client.close();
});

afterAll(async () => {
  service?.close();
  await app?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

/** A module of the SDK that the project has installed. */
async function sdk(name: string) {
  const path = createRequire(join(project, 'package.json')).resolve(`@modelcontextprotocol/sdk/${name}`);
  return import(/* @vite-ignore */ pathToFileURL(path.replace('/dist/cjs/', '/dist/esm/')).href);
}

/** Starts the MCP server, as an application with a model would. */
async function start({ token }: Agent): Promise<McpClient> {
  const { Client } = await sdk('client/index.js');
  const { StdioClientTransport } = await sdk('client/stdio.js');
  const client: McpClient = new Client({ name: 'script', version: '1.0.0' });
  clients.push(client);
  await client.connect(
    new StdioClientTransport({
      command: process.execPath,
      args: [join(project, 'out/main.js')],
      env: { STEPGATE_API: `${app.url}/graphql`, CUSTOMERS_API: customers, AGENT_TOKEN: token },
    }),
  );
  return client;
}

const wordsOf = ({ content }: Result): string => content.map(({ text }) => text).join('\n');

async function call(client: McpClient, name: string, args: object = {}): Promise<Result> {
  return client.callTool({ name, arguments: args });
}

/** Asks for a payment. @returns the request that the tool names. */
async function pay(client: McpClient, customerId: string, amount: number): Promise<string> {
  const words = wordsOf(await call(client, 'pay', { customerId, amount }));
  expect(words).toContain(`Waiting for approval: Pay ${amount} cents to customer "${customerId}"`);
  return /Request: (\S+)/.exec(words)?.[1] ?? '';
}

/** In a session whose access token has not expired. */
async function freshOwner(): Promise<Owner> {
  owner = await world.again(owner);
  return owner;
}

test('an agent reads customers, and is refused what needs a proof in a session', async () => {
  const client = await start(await world.create(owner));
  const { tools } = await client.listTools();
  expect(tools.map(({ name }) => name)).toEqual([
    'list_customers',
    'read_customer',
    'read_contract',
    'pay',
    'payment_result',
  ]);
  expect(wordsOf(await call(client, 'list_customers'))).toContain('Ada Bakery');
  expect(wordsOf(await call(client, 'read_customer', { id: '2' }))).toContain('Hopper Shipping');
  const refused = await call(client, 'read_contract', { id: '1' });
  expect(refused.isError).toBe(true);
  expect(wordsOf(refused)).toContain('Agents cannot do this.');
  expect(await world.requests(owner.token)).toEqual([]); // nobody was asked in vain
});

test('a payment waits for the approval of the user on another device, and is made once', async () => {
  await freshOwner();
  const client = await start(await world.create(owner));
  const request = await pay(client, '1', 100);
  const elsewhere = await world.again(owner);
  const [asked, ...others] = await world.requests(elsewhere.token);
  expect(others).toEqual([]);
  expect(asked).toMatchObject({ agentName: 'Bookkeeper', approves: 'Pay 100 cents to customer "1"' });
  const [result] = await Promise.all([
    call(client, 'payment_result', { request }),
    world.approveNewest(elsewhere),
  ]);
  expect(wordsOf(result)).toBe('Paid. Payment: 1');
  // Asking again tells, and pays nothing.
  expect(wordsOf(await call(client, 'payment_result', { request }))).toBe('Paid. Payment: 1');
});

test('a payment of another amount needs an approval of its own', async () => {
  await freshOwner();
  const agent = await world.create(owner);
  const client = await start(agent);
  await pay(client, '1', 100);
  await world.approveNewest(owner);
  // Whoever holds the token of the agent sends another amount.
  const query =
    'mutation Pay($customerId: ID!, $amount: Int!) { pay(customerId: $customerId, amount: $amount) { id } }';
  const response = await fetch(customers, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${agent.token}` },
    body: JSON.stringify({ query, variables: { customerId: '1', amount: 10_000 } }),
  });
  const { errors } = (await response.json()) as { errors: { extensions: object }[] };
  expect(errors[0]?.extensions).toMatchObject({ code: 'STEP_UP_REQUIRED', bind: 'OPERATION' });
  const other = await pay(client, '1', 10_000);
  const [asked] = await world.requests(owner.token);
  expect(asked?.approves).toBe('Pay 10000 cents to customer "1"');
  expect(await world.reject(asked?.id ?? '', owner.token)).toBe('User');
  expect(wordsOf(await call(client, 'payment_result', { request: other }))).toContain('rejected');
});

test('a payment that was rejected stays rejected', async () => {
  await freshOwner();
  const client = await start(await world.create(owner));
  const request = await pay(client, '2', 500);
  const [asked] = await world.requests(owner.token);
  const [result] = await Promise.all([
    call(client, 'payment_result', { request }),
    world.reject(asked?.id ?? '', owner.token),
  ]);
  expect(result.isError).toBe(true);
  expect(wordsOf(result)).toBe('The user rejected the payment. Do not ask for it again.');
  expect((await world.startApproval(asked?.id ?? '', owner.token)).code).toBe('AGENT_REQUEST_ENDED');
  expect(wordsOf(await call(client, 'payment_result', { request }))).toContain('rejected');
});

test('an agent cannot approve its own payment, even with a code of the user', async () => {
  await freshOwner();
  const agent = await world.create(owner);
  const client = await start(agent);
  await pay(client, '2', 700);
  const [asked] = await world.requests(owner.token);
  for (const mutation of [
    `startAgentApproval(id: "${asked?.id}") { __typename }`,
    `attemptFactor(input: { workflowId: "${asked?.id}", proof: { totp: "${world.code(owner)}" } }) { __typename }`,
  ]) {
    const { errors } = await world.graphql(`mutation { ${mutation} }`, {}, agent.token);
    expect(errors[0]?.extensions).toMatchObject({ code: 'FORBIDDEN', agentRefused: true });
  }
  expect(await world.requests(owner.token)).toHaveLength(1);
});

test('an agent that was revoked is out, and what it asked for is gone', async () => {
  await freshOwner();
  const agent = await world.create(owner);
  const client = await start(agent);
  await pay(client, '1', 900);
  const revoke = 'mutation ($id: ID!) { revokeSession(id: $id) { __typename } }';
  await freshOwner();
  await world.graphql(revoke, { id: agent.sessionId }, owner.token);
  app.clock.advance(6); // the service asks about a session at most every five seconds
  const answer = await call(client, 'list_customers');
  expect(answer.isError).toBe(true);
  expect(wordsOf(answer)).toContain('has ended');
  expect((await world.requests(owner.token)).map(({ sessionId }) => sessionId)).not.toContain(
    agent.sessionId,
  );
});
