// How the conformance suite asks a server over a WebSocket, or for a stream of events.

import { createClient as createSseClient, NetworkError } from 'graphql-sse';
import { createClient as createWsClient } from 'graphql-ws';
import type { ConformanceRequest, ConformanceResponse, ServerUnderTest } from 'stepgate/step-up/conformance';
import { WebSocket } from 'ws';

type Body = ConformanceResponse['body'];

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
