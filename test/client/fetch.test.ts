// A `fetch` that presents the session and answers refusals, for anything that sends requests with `fetch`.
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { createStepgateFetch } from '../../src/client/fetch.ts';
import type { StepgateClientOptions } from '../../src/client/index.ts';
import { startTestApp, type TestApp } from '../harness/app.ts';
import { TestClient, type Tokens } from '../harness/client.ts';
import { type ForeignApi, foreignApi } from './foreign-api.ts';
import { clientOf, guarded, typing } from './people.ts';

let app: TestApp;
let server: TestClient;
let api: ForeignApi;

beforeAll(async () => {
  app = await startTestApp();
  server = new TestClient(app);
  api = await foreignApi();
});
afterAll(async () => {
  await api[Symbol.asyncDispose]();
  await app[Symbol.asyncDispose]();
});

async function fetchOf(tokens: Tokens | null, options: Partial<StepgateClientOptions> = {}) {
  const { client, network } = await clientOf(app, tokens, options);
  const sent: Request[] = [];
  const stepgateFetch = createStepgateFetch(client, (input, init) => {
    const request = new Request(input, init);
    sent.push(request);
    return fetch(request.clone());
  });
  return { fetch: stepgateFetch, network, sent };
}

const graphql = (query: string, variables = {}): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json', accept: 'application/json', 'x-mine': '1' },
  body: JSON.stringify({ query, variables }),
});

const EVENTS = graphql('{ viewer { id auditEvents { type } } }');
const CODES = graphql('mutation { regenerateBackupCodes { codes } }');

describe('a GraphQL request', () => {
  test('presents the session, and keeps the headers of the application', async () => {
    const person = await server.signUp();
    const { fetch: send, sent } = await fetchOf(person);
    const response = await send(`${app.url}/graphql`, graphql('{ viewer { id } }'));
    expect(await response.json()).toEqual({ data: { viewer: { id: expect.any(String) } } });
    expect(sent[0]?.headers.get('authorization')).toBe(`Bearer ${person.accessToken}`);
    expect(sent[0]?.headers.get('x-mine')).toBe('1');
  });

  test('that is refused is sent again once after a step-up, in one prompt for a query and a mutation', async () => {
    const { tokens, secret } = await guarded(server);
    const onStepUp = typing(app, server, secret);
    const { fetch: send, sent } = await fetchOf(tokens, { onStepUp });
    const url = `${app.url}/graphql`;
    const answers = await Promise.all([send(url, EVENTS), send(new Request(url, CODES))]);
    const [events, codes] = await Promise.all(answers.map((one) => one.json()));
    expect(events).toMatchObject({ data: { viewer: { auditEvents: expect.any(Array) } } });
    expect(codes).toMatchObject({ data: { regenerateBackupCodes: { codes: expect.any(Array) } } });
    expect(onStepUp).toHaveBeenCalledTimes(1);
    expect(sent).toHaveLength(4);
  });

  test('that is refused for good returns the refusal of the server, unread', async () => {
    const { tokens } = await guarded(server);
    const { fetch: send } = await fetchOf(tokens);
    const response = await send(`${app.url}/graphql`, EVENTS);
    expect(await response.text()).toContain('STEP_UP_REQUIRED');
  });

  test('that has partly run is not sent again', async () => {
    const onStepUp = vi.fn();
    const { fetch: send, sent } = await fetchOf(await server.signUp(), { onStepUp });
    await send(api.url, graphql('mutation { rename { id secret } remove }'));
    expect([sent.length, onStepUp.mock.calls.length]).toEqual([1, 0]);
  });

  test('with an expired token is sent again after one refresh', async () => {
    const { fetch: send, network } = await fetchOf(await server.signUp());
    app.clock.advance(700);
    const response = await send(`${app.url}/graphql`, graphql('{ viewer { id } }'));
    expect(await response.json()).toMatchObject({ data: { viewer: { id: expect.any(String) } } });
    expect(network.count('refreshSession')).toBe(1);
  });
});

describe('a request to an API that is not GraphQL', () => {
  /** Refuses until the caller has a token other than the first, and keeps what was sent. */
  async function restApi(challenge: string) {
    const bodies: string[] = [];
    let first: string | undefined;
    const listening = createServer((request: IncomingMessage, response) => {
      const { authorization = '' } = request.headers;
      first ??= authorization;
      const isRefused = authorization === first;
      void text(request).then((body) => {
        bodies.push(body);
        response.writeHead(isRefused ? 401 : 200, isRefused ? { 'www-authenticate': challenge } : {});
        response.end('done');
      });
    });
    await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
    const { port } = listening.address() as AddressInfo;
    return {
      url: `http://127.0.0.1:${port}/transfer`,
      bodies,
      [Symbol.asyncDispose]: () => new Promise<void>((resolve) => listening.close(() => resolve())),
    };
  }
  const DEMAND = 'Bearer error="insufficient_user_authentication", acr_values="aal2", max_age="300"';

  test('that is refused with RFC 9470 is sent again, with its whole body, after a step-up', async () => {
    await using rest = await restApi(DEMAND);
    const { tokens, secret } = await guarded(server);
    const prove = typing(app, server, secret);
    const { fetch: send } = await fetchOf(tokens, { onStepUp: prove });
    const body = new Blob(['some ', 'bytes']).stream();
    const init = { method: 'POST', body, duplex: 'half' } as RequestInit;
    expect(await (await send(rest.url, init)).text()).toBe('done');
    expect(rest.bodies).toEqual(['some bytes', 'some bytes']);
    expect(prove.mock.calls[0]?.[0].requirement).toMatchObject({
      maxAge: 300,
      require: 'SECOND_FACTOR',
      accept: null,
    });
  });

  test('that demands phishing resistance asks for a passkey', async () => {
    await using rest = await restApi(DEMAND.replace('aal2', 'phr phrh aal2'));
    const { tokens } = await guarded(server);
    const onEnrollmentRequired = vi.fn();
    const onStepUp = vi.fn();
    const { fetch: send, network } = await fetchOf(tokens, { onStepUp, onEnrollmentRequired });
    expect((await send(rest.url)).status).toBe(401);
    const started = network.sent.find(({ body }) => body.query.includes('startStepUp'));
    expect(started?.body.variables).toMatchObject({ input: { accept: ['PASSKEY'], maxAge: 300 } });
  });

  test('that is refused for its token is sent again after a refresh', async () => {
    await using rest = await restApi('Bearer error="invalid_token"');
    const { fetch: send, network } = await fetchOf(await server.signUp());
    expect((await send(rest.url, { method: 'DELETE' })).status).toBe(200);
    expect(network.count('refreshSession')).toBe(1);
  });

  test('that fails for another reason is returned as it is', async () => {
    const { fetch: send, sent, network } = await fetchOf(await server.signUp());
    expect((await send(`${app.url}/nothing-here`)).status).toBe(404);
    expect([sent.length, network.sent.length]).toEqual([1, 0]);
    await expect(send('http://127.0.0.1:1/')).rejects.toThrow('fetch failed');
  });
});

describe('in cookie mode', () => {
  test('a request to another host is an error that says so, and is not sent', async () => {
    const { fetch: send, sent } = await fetchOf(null, { mode: 'cookie' });
    await expect(send('https://api.example.com/graphql', EVENTS)).rejects.toMatchObject({
      name: 'OtherHostError',
      code: 'OTHER_HOST',
      message: expect.stringContaining("use mode: 'hybrid'"),
    });
    expect(sent).toHaveLength(0);
    // Cookies are for all ports of a host.
    expect((await send(api.url, graphql('{ open }'))).status).toBe(200);
  });
});
