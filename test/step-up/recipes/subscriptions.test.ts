// The recipes for subscriptions in docs/step-up.md, over every transport, with tokens of a real Stepgate.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { makeExecutableSchema } from '@graphql-tools/schema';
import fastify from 'fastify';
import { createClient } from 'graphql-ws';
import { useServer } from 'graphql-ws/use/ws';
import { createYoga } from 'graphql-yoga';
import mercurius from 'mercurius';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import type { Presented } from '../../../src/step-up/auth-context.ts';
import { stepUpTransformer, stepUpTypeDefs } from '../../../src/step-up/sdl.ts';
import { useStepUp } from '../../../src/step-up/yoga.ts';
import { TestClient } from '../../harness/client.ts';
import { callers } from './customers.ts';

const who = callers();
const TYPES = `
  type Query { version: String }
  type Subscription { balance: Int @stepUp(maxAge: 300) news: Int @authenticated }
`;

/** An endless source. The clock advances almost a minute before each event. */
const source = (name: string) => ({
  async *subscribe() {
    for (let n = 1; ; n++) {
      who.app.clock.advance(58);
      yield { [name]: n };
    }
  },
});
const authContext = ({ presented }: { presented: Presented }): Presented => presented;
const schema = stepUpTransformer({ authContext })(
  makeExecutableSchema({
    typeDefs: [stepUpTypeDefs(), TYPES],
    resolvers: { Subscription: { balance: source('balance'), news: source('news') } },
  }),
);

interface Event {
  readonly data?: Readonly<Record<string, unknown>> | null;
  readonly errors?: readonly { readonly extensions?: Readonly<Record<string, unknown>> }[];
}

/** The value of each event, or the code of its refusal, until the server ends the stream. */
type Subscribe = (query: string, token?: string) => Promise<unknown[]>;

function seen({ data, errors = [] }: Event): unknown {
  const [error] = errors;
  return error === undefined ? Object.values(data ?? {})[0] : error.extensions?.['code'];
}

/** A client for every server that uses graphql-transport-ws. */
function overWebSocket(url: () => string): Subscribe {
  return async (query, token) => {
    const connectionParams = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const client = createClient({ url: url(), webSocketImpl: WebSocket, connectionParams, retryAttempts: 0 });
    const events: unknown[] = [];
    try {
      for await (const event of client.iterate({ query })) events.push(seen(event as Event));
    } catch (errors) {
      events.push(seen({ errors: errors as NonNullable<Event['errors']> }));
    } finally {
      await client.dispose();
    }
    return events;
  };
}

function endsInTime(subscribe: Subscribe): void {
  test('a subscription does not start for an anonymous caller', async () => {
    expect(await subscribe('subscription { news }')).toEqual(['UNAUTHENTICATED']);
  });

  test('a subscription ends with a refusal when its proof is too old or its token has expired', async () => {
    const client = new TestClient(who.app);
    const { accessToken } = await client.signUp();
    const { tokens } = await client.enrollTotp(accessToken);
    // Five minutes of events, then those in the rest of the token's ten minutes, and the clock tolerance.
    expect(await subscribe('subscription { balance }', tokens.accessToken)).toEqual([
      1,
      2,
      3,
      4,
      5,
      'STEP_UP_REQUIRED',
    ]);
    expect(await subscribe('subscription { news }', tokens.accessToken)).toEqual([
      1,
      2,
      3,
      4,
      'UNAUTHENTICATED',
    ]);
  });
}

describe('the recipe for subscriptions with Yoga, as server-sent events:', () => {
  const yoga = createYoga({
    schema,
    context: async ({ request }) => ({
      presented: await who.tokens.present(request.headers.get('authorization')),
    }),
    plugins: [useStepUp(authContext)],
    logging: false,
  });

  endsInTime(async (query, token) => {
    const authorization: Record<string, string> =
      token === undefined ? {} : { authorization: `Bearer ${token}` };
    const response = await yoga.fetch('http://customers.test/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'text/event-stream', ...authorization },
      body: JSON.stringify({ query }),
    });
    const events = (await response.text()).match(/^data: \{.*$/gm) ?? [];
    return events.map((line) => seen(JSON.parse(line.slice('data: '.length))));
  });
});

describe('the recipe for subscriptions with graphql-ws, as used with Apollo Server:', () => {
  const server = createServer();
  const sockets = new WebSocketServer({ server });
  useServer(
    {
      schema,
      context: async ({ connectionParams }) => ({
        presented: await who.tokens.present(connectionParams?.['authorization'] as string | undefined),
      }),
    },
    sockets,
  );
  beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)));
  afterAll(async () => {
    sockets.close();
    await new Promise((resolve) => server.close(resolve));
  });

  endsInTime(overWebSocket(() => `ws://127.0.0.1:${(server.address() as AddressInfo).port}`));
});

describe('the recipe for subscriptions with Mercurius:', () => {
  const app = fastify();
  let url = '';
  beforeAll(async () => {
    await app.register(mercurius, {
      schema,
      subscription: {
        onConnect: async ({ payload }: { payload?: { authorization?: string } }) => ({
          presented: await who.tokens.present(payload?.authorization),
        }),
      },
    });
    url = (await app.listen({ port: 0, host: '127.0.0.1' })).replace('http', 'ws');
  });
  afterAll(() => app.close());

  endsInTime(overWebSocket(() => `${url}/graphql`));
});
