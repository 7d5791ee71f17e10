// How the conformance suite asks a server over HTTP.
import type { ConformanceResponse, ServerUnderTest } from 'stepgate/step-up/conformance';

type Body = ConformanceResponse['body'];

const SPEC = 'application/graphql-response+json';

export interface HttpOptions {
  /** Whether refusals of the server have their status and header. Not behind a gateway that makes its own response. */
  readonly passesStatus?: boolean;
  readonly batches?: boolean;
  /** Whether it streams subscriptions to a client that accepts `text/event-stream`. */
  readonly streams?: boolean;
  /** Default: `fetch`. */
  readonly send?: (url: string, init: RequestInit) => Promise<Response> | Response;
}

export const overHttp =
  ({ passesStatus = true, batches = false, streams = false, send = fetch }: HttpOptions = {}) =>
  (url: string): ServerUnderTest => {
    const post = async (caller: string, accept: string, body: unknown) => {
      const headers = { 'content-type': 'application/json', accept, 'x-caller': caller };
      return send(url, { method: 'POST', headers, body: JSON.stringify(body) });
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
