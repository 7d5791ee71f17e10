// An agent uses the same client as everybody else: the code of docs/agents.md, next to the customers API.
import { once } from 'node:events';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { createCustomersServer } from '../../examples/customers/server.ts';
import { createStepgateClient, type StepUpWorkflow } from '../../src/client/index.ts';
import type { Answer } from '../../src/client/refusal.ts';
import { startTestApp, TEST_ENVIRONMENT, type TestApp } from '../harness/app.ts';
import { type Agent, AgentWorld, type Owner } from './agents.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PLACE = `${ROOT}.stepgate/agents-${process.pid}`;
const PAY = 'mutation ($amount: Int!) { pay(customerId: "1", amount: $amount) { id } }';

let app: TestApp;
let world: AgentWorld;
let owner: Owner;
let agent: Agent;
let service: Server;
let customers: string;

beforeAll(async () => {
  app = await startTestApp({ API_SCHEMAS: `${ROOT}examples/customers/schema.graphql` });
  world = new AgentWorld(app);
  owner = await world.owner();
  agent = await world.create(owner);
  service = createCustomersServer({
    issuer: TEST_ENVIRONMENT.PUBLIC_URL,
    jwksUrl: `${app.url}/.well-known/jwks.json`,
    api: `${app.url}/graphql`,
    now: () => app.clock.now(),
  }).listen(0, '127.0.0.1');
  await once(service, 'listening');
  customers = `http://127.0.0.1:${(service.address() as AddressInfo).port}/graphql`;
  await mkdir(PLACE, { recursive: true });
});
afterAll(async () => {
  service.close();
  await rm(PLACE, { recursive: true, force: true });
  await app[Symbol.asyncDispose]();
});

async function asked(): Promise<string> {
  await expect.poll(() => world.requests(owner.token), { timeout: 5000 }).toHaveLength(1);
  const [request] = await world.requests(owner.token);
  return request?.id ?? '';
}

test('the code in the documentation has at most 20 lines, waits for the approval, and pays once', async () => {
  const page = await readFile(`${ROOT}docs/agents.md`, 'utf8');
  const code = [...page.matchAll(/```ts\n(.*?)```/gs)]
    .map(([, text = '']) => text)
    .find((one) => one.includes('agentFetch'));
  expect(code?.trim().split('\n').length).toBeLessThanOrEqual(20);
  const path = `${PLACE}/agent.ts`;
  await writeFile(
    path,
    (code ?? '')
      .replace('https://auth.example.com', app.url)
      .replace("'stepgate/client'", `'${ROOT}src/client/index.ts'`)
      .replace("'stepgate/client/fetch'", `'${ROOT}src/client/fetch.ts'`),
  );
  vi.stubEnv('AGENT_TOKEN', agent.token);
  const said = vi.spyOn(console, 'log').mockImplementation(() => {});
  const { agentFetch } = (await import(path)) as { agentFetch: typeof fetch };
  const answer = agentFetch(customers, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: PAY, variables: { amount: 100 } }),
  });
  await asked();
  await world.approveNewest(owner);
  expect(await (await answer).json()).toEqual({ data: { pay: { id: '1' } } });
  expect(said.mock.calls).toEqual([['Waiting for approval: Pay 100 cents to customer "1"']]);
  said.mockRestore();
  vi.unstubAllEnvs();
});

describe('a client with the token of an agent', () => {
  /** @returns an operation's answer, and how often it was sent. */
  function clientOf(token: string, onStepUp?: (workflow: StepUpWorkflow) => unknown) {
    const seen: string[] = [];
    const workflows: StepUpWorkflow[] = [];
    const onSignedOut = vi.fn();
    // A store that an application fills with an access token alone.
    let held: { accessToken: string; refreshToken: string; refreshAt: number | null } | null = {
      accessToken: token,
      refreshToken: '',
      refreshAt: null,
    };
    const client = createStepgateClient({
      url: `${app.url}/graphql`,
      tokens: { get: () => held, set: (tokens) => (held = { ...tokens }), clear: () => (held = null) },
      onSignedOut,
      onStepUp: async ({ workflow }) => {
        workflows.push(workflow);
        await onStepUp?.(workflow);
        await workflow.waitForApproval();
      },
    });
    const send = (query: string, variables: Readonly<Record<string, unknown>> = {}) =>
      client.perform(
        { kind: query.startsWith('mutation') ? 'mutation' : 'query', query, variables },
        async ({ headers }) => {
          seen.push(query);
          const response = await fetch(customers, {
            method: 'POST',
            headers: { ...headers, 'content-type': 'application/json' },
            body: JSON.stringify({ query, variables }),
          });
          return (await response.json()) as Answer;
        },
      );
    return { client, send, seen, workflows, onSignedOut };
  }

  test('gets the refusal of a rejected request, which was sent once', async () => {
    const { send, seen, workflows } = clientOf(agent.token);
    const answer = send(PAY, { amount: 200 });
    await world.reject(await asked(), owner.token);
    const { errors = [] } = await answer;
    expect(errors[0]?.extensions).toMatchObject({ code: 'STEP_UP_REQUIRED', bind: 'OPERATION' });
    expect(workflows[0]?.status).toBe('FAILED');
    // Once, and once more because a person's token might have been too old.
    expect(seen.length).toBeLessThanOrEqual(2);
  });

  test('never asks for what an agent cannot have, and does not try again', async () => {
    const { send, seen, workflows } = clientOf(agent.token);
    const { errors = [] } = await send('{ customer(id: "1") { contract { iban } } }');
    expect(errors[0]?.extensions).toMatchObject({ code: 'FORBIDDEN', remedy: null, agentRefused: true });
    const rename = await send('mutation { renameCustomer(id: "1", name: "Mine") { id } }');
    expect(rename.errors?.[0]?.extensions).toMatchObject({ code: 'FORBIDDEN', agentRefused: true });
    expect(seen).toHaveLength(2);
    expect(workflows).toEqual([]);
    expect(await world.requests(owner.token)).toEqual([]);
  });

  test('pays nothing if a field beside the payment is closed, and asks nobody', async () => {
    const { send, workflows } = clientOf(agent.token);
    const { errors = [] } = await send(
      'mutation { pay(customerId: "1", amount: 1) { id } renameCustomer(id: "1", name: "Mine") { id } }',
    );
    expect(errors.map(({ extensions }) => extensions?.['code'])).toContain('FORBIDDEN');
    expect(workflows).toEqual([]);
    expect(await world.requests(owner.token)).toEqual([]);
  });

  test('is told when its session has ended', async () => {
    const { token } = await world.create(await world.again(owner));
    const { client, send, onSignedOut } = clientOf(token);
    expect((await send('{ customers { id } }')).errors).toBeUndefined();
    await client.signOut();
    expect((await world.graphql('{ viewer { id } }', {}, token)).errors[0]?.extensions.code).toBe(
      'UNAUTHENTICATED',
    );
    const other = clientOf(token);
    app.clock.advance(6);
    expect((await other.send('{ customers { id } }')).errors?.[0]?.extensions?.['code']).toBe(
      'UNAUTHENTICATED',
    );
    expect(other.onSignedOut).toHaveBeenCalledOnce();
    expect(onSignedOut).not.toHaveBeenCalled();
  });
});
