// Sends the operations of the page to the API of the server. A subscription is a stream of server-sent events.
import type { Fetcher } from '@graphiql/toolkit';

type Result = Extract<Awaited<ReturnType<Fetcher>>, { readonly data?: unknown }>;

export function fetcherOf(url: string): Fetcher {
  return async (request, { headers = {}, documentAST } = {}) => {
    const isSubscription = documentAST?.definitions.some(
      (one) =>
        one.kind === 'OperationDefinition' &&
        one.operation === 'subscription' &&
        (!request.operationName || one.name?.value === request.operationName),
    );
    const stopping = new AbortController();
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: isSubscription ? 'text/event-stream' : 'application/graphql-response+json, application/json',
        ...headers,
      },
      body: JSON.stringify(request),
      signal: stopping.signal,
      redirect: 'error', // tokens and proofs must not be sent to another address
    });
    const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') && response.body;
    return isStream ? events(response.body, stopping) : response.json();
  };
}

/** The results in a stream, which ends when the reader of these results leaves. */
async function* events(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
  stopping: AbortController,
): AsyncGenerator<Result> {
  try {
    let text = '';
    for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
      const complete = (text + chunk).split('\n\n');
      text = complete.pop() ?? '';
      for (const event of complete) {
        const [, data] = /^data: (.+)$/m.exec(event) ?? [];
        if (data !== undefined) yield JSON.parse(data);
      }
    }
  } finally {
    stopping.abort();
  }
}
