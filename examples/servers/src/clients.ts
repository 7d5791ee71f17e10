// How the conformance suite asks a server: over HTTP, over a WebSocket, or for a stream of events.

import { createClient as createSseClient, NetworkError } from 'graphql-sse';
import { createClient as createWsClient } from 'graphql-ws';
import type { ConformanceRequest, ConformanceResponse, ServerUnderTest } from 'stepgate/step-up/conformance';
import { WebSocket } from 'ws';

type Body = ConformanceResponse['body'];

const SPEC = 'application/graphql-response+json';

export interface HttpOptions {
  /** Whether refusals of the server have their status and header. Not behind a gateway that makes its own response. */
  readonly passesStatus?: boolean;
  readonly batches?: boolean;
  /** Whether it streams subscriptions to a client that accepts `text/event-stream`. */
  readonly streams?: boolean;
}

export const overHttp =
  ({ passesStatus = true, batches = false, streams = false }: HttpOptions = {}) =>
  (url: string): ServerUnderTest => {
    const post = (caller: string, accept: string, body: unknown) => {
      const headers = { 'content-type': 'application/json', accept, 'x-caller': caller };
      return fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
    };
    const ask = async (caller: string, accept: string, asked: unknown) => {
      const response = await post(caller, accept, asked);
      const http = { status: response.status, challenge: response.headers.get('www-authenticate') };
      return { http: passesStatus ? http : null, body: (await response.json()) as Body };
    };
    return {
      send: ({ caller, accept = SPEC, ...asked }) => ask(caller, accept, asked),
      ...(batches && {
        async sendBatch(requests) {
          const { caller = 'nobody' } = requests[0] ?? {};
          const operations = requests.map(({ query }) => ({ query }));
          const { http, body } = await ask(caller, `${SPEC}, application/json`, operations);
          return { http, bodies: body as Body[] };
        },
      }),
      ...(streams && {
        async subscribe({ caller, query }) {
          const events = await (await post(caller, 'text/event-stream', { query })).text();
          return [...events.matchAll(/^data: (\{.*)$/gm)].map(([, data = '']) => JSON.parse(data) as Body);
        },
      }),
    };
  };

/** A stream has no status of its own: the refusal is in its results. */
function overStream(results: (request: ConformanceRequest) => AsyncIterable<unknown>): ServerUnderTest {
  const subscribe = async (request: ConformanceRequest): Promise<Body[]> => {
    const seen: Body[] = [];
    try {
      for await (const one of results(request)) seen.push(one as Body);
    } catch (errors) {
      if (!Array.isArray(errors)) throw errors;
      seen.push({ errors }); // the document is not valid
    }
    return seen;
  };
  return {
    subscribe,
    send: async (request) => ({ http: null, body: (await subscribe(request))[0] ?? {} }),
  };
}

export const overWebSocket = (url: string): ServerUnderTest =>
  overStream(async function* ({ caller, query, variables, operationName }) {
    const client = createWsClient({
      url,
      webSocketImpl: WebSocket,
      connectionParams: { caller },
      retryAttempts: 0,
    });
    try {
      yield* client.iterate({ query, variables: { ...variables }, operationName: operationName ?? null });
    } finally {
      await client.dispose();
    }
  });

export const overEvents =
  ({ singleConnection }: { readonly singleConnection: boolean }) =>
  (url: string): ServerUnderTest =>
    overStream(async function* ({ caller, query, variables, operationName }) {
      const client = createSseClient({
        url,
        // The types do not know that it is a choice at run time.
        singleConnection: singleConnection as false,
        headers: { 'x-caller': caller },
        retryAttempts: 0,
      });
      try {
        yield* client.iterate({
          query,
          variables: { ...variables },
          ...(operationName && { operationName }),
        });
      } catch (error) {
        // The document is not valid, and the client does not read the body that says so.
        if (!(error instanceof NetworkError) || error.response?.status !== 400) throw error;
        yield { errors: [{ message: error.message }] };
      } finally {
        client.dispose();
      }
    });
