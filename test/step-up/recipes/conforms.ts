// The conformance suite for a recipe that is served over HTTP.
import { describe, test } from 'vitest';
import {
  type ConformanceSuite,
  conformanceSuite,
  type ServerUnderTest,
} from '../../../src/step-up/conformance/index.ts';

/**
 * @param url the URL of a server that passes the header `x-caller` to `suite.present`.
 * @param streams whether it streams subscriptions as events.
 */
export function conforms(suite: ConformanceSuite, url: () => string, { streams = false } = {}): void {
  describe('conforms:', () => {
    const cases = suite.cases(overHttp(url, streams)).map((one) => [one.name, one] as const);
    test.each(cases)('%s', (_, one) => one.run());
  });
}

export { conformanceSuite };

function overHttp(url: () => string, streams: boolean): ServerUnderTest {
  const ask = (caller: string, accept: string, body: unknown) =>
    fetch(url(), {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept, 'x-caller': caller },
      body: JSON.stringify(body),
    });
  const post = async (caller: string, accept: string, body: unknown) => {
    const response = await ask(caller, accept, body);
    const http = { status: response.status, challenge: response.headers.get('www-authenticate') };
    return { http, body: (await response.json()) as never };
  };
  return {
    send: ({ caller, accept = 'application/graphql-response+json', ...body }) => post(caller, accept, body),
    async sendBatch(requests) {
      const bodies = requests.map(({ query }) => ({ query }));
      const { http, body } = await post(
        requests[0]?.caller ?? 'nobody',
        'application/graphql-response+json, application/json',
        bodies,
      );
      return { http, bodies: body };
    },
    ...(streams && {
      async subscribe({ caller, query }) {
        const events = await (await ask(caller, 'text/event-stream', { query })).text();
        return [...events.matchAll(/^data: (\{.*)$/gm)].map(([, data = '']) => JSON.parse(data));
      },
    }),
  };
}
