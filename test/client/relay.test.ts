// The function with which Relay sends operations, tested with Relay's own network and store.
import {
  Environment,
  type FetchFunction,
  type GraphQLResponse,
  RecordSource,
  Network as RelayNetwork,
  type RequestParameters,
  Store,
} from 'relay-runtime';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { StepgateClientOptions } from '../../src/client/index.ts';
import { createStepgateFetchFunction } from '../../src/client/relay.ts';
import { startTestApp, type TestApp } from '../harness/app.ts';
import { TestClient, type Tokens } from '../harness/client.ts';
import { clientOf, codesOf, guarded, Network, typing } from './people.ts';

let app: TestApp;
let server: TestClient;
const api = 'https://api.example.com/graphql';

beforeAll(async () => {
  app = await startTestApp();
  server = new TestClient(app);
});
afterAll(() => app[Symbol.asyncDispose]());

function request(text: string | null, operationKind: 'query' | 'mutation' = 'query'): RequestParameters {
  const common = { name: 'Operation', operationKind, metadata: {} };
  return text === null
    ? { ...common, id: 'persisted-1', text }
    : { ...common, id: null, text, cacheID: 'cache' };
}

const EVENTS = request('query Operation { viewer { id auditEvents { type } } }');
const CODES = request('mutation Operation { regenerateBackupCodes { codes } }', 'mutation');

async function relayOf(
  tokens: Tokens | null,
  options: Partial<StepgateClientOptions> = {},
  url = `${app.url}/graphql`,
) {
  const { client } = await clientOf(app, tokens, options);
  const network = new Network();
  const send: FetchFunction = createStepgateFetchFunction(client, url, network.fetch);
  const environment = new Environment({
    network: RelayNetwork.create(send),
    store: new Store(new RecordSource()),
  });
  const execute = (one: RequestParameters, uploadables?: object): Promise<GraphQLResponse | undefined> =>
    environment
      .getNetwork()
      .execute(one, {}, {}, uploadables as never)
      .toPromise();
  return { execute, network };
}

describe('an operation of Relay', () => {
  test('that is refused is sent again once after a step-up, in one prompt for a query and a mutation', async () => {
    const { tokens, secret } = await guarded(server);
    const onStepUp = typing(app, server, secret);
    const { execute, network } = await relayOf(tokens, { onStepUp });
    const [events, codes] = await Promise.all([execute(EVENTS), execute(CODES)]);
    expect(events).toMatchObject({ data: { viewer: { auditEvents: expect.any(Array) } } });
    expect(codes).toMatchObject({ data: { regenerateBackupCodes: { codes: expect.any(Array) } } });
    expect(onStepUp).toHaveBeenCalledTimes(1);
    expect(network.sent).toHaveLength(4);
  });

  test('that is refused for good gets the refusal', async () => {
    const { tokens } = await guarded(server);
    const { execute } = await relayOf(tokens);
    expect(codesOf((await execute(CODES)) as never)).toEqual(['STEP_UP_REQUIRED']);
  });

  test('that is persisted is sent as its id, with the session', async () => {
    const person = await server.signUp();
    const { execute, network } = await relayOf(person);
    await execute(request(null)).catch(() => {}); // Stepgate has no persisted documents
    expect(network.sent[0]?.body).toEqual({ id: 'persisted-1', operationName: 'Operation', variables: {} });
    expect(network.sent[0]?.headers.get('authorization')).toBe(`Bearer ${person.accessToken}`);
  });

  test('fails with a clear error if the server cannot be reached, or the response is not GraphQL', async () => {
    const unreachable = await relayOf(await server.signUp(), {}, 'http://127.0.0.1:1/graphql');
    await expect(unreachable.execute(EVENTS)).rejects.toThrow('fetch failed');
    const { client } = await clientOf(app, await server.signUp());
    const badGateway = async () => new Response('<h1>Bad gateway</h1>', { status: 502 });
    const send = createStepgateFetchFunction(client, api, badGateway);
    await expect(send(EVENTS, {})).rejects.toMatchObject({ code: 'UNEXPECTED_ANSWER', status: 502 });
  });

  test('with an upload, or to another host in cookie mode, is an error that says so', async () => {
    const { execute } = await relayOf(await server.signUp());
    await expect(execute(EVENTS, { file: {} })).rejects.toThrow('Uploads are not supported');
    const elsewhere = await relayOf(null, { mode: 'cookie' }, api);
    await expect(elsewhere.execute(EVENTS)).rejects.toMatchObject({ code: 'OTHER_HOST' });
  });
});
