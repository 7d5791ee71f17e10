// A service that verifies tokens offline, as described in docs/step-up.md. It knows only what is in the token.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { makeExecutableSchema } from '@graphql-tools/schema';
import { createYoga } from 'graphql-yoga';
import { type Presented, stepgateTokens } from '../../src/step-up/index.ts';
import { stepUpTransformer, stepUpTypeDefs } from '../../src/step-up/sdl.ts';
import { useStepUp } from '../../src/step-up/yoga.ts';
import { TEST_ENVIRONMENT, type TestApp } from '../harness/app.ts';

interface Context {
  readonly presented: Presented;
}

export interface OfflineService extends AsyncDisposable {
  readonly url: string;
  /** How often `pay` has run. */
  paid: number;
}

export async function offlineService({
  url,
  clock,
}: Pick<TestApp, 'url' | 'clock'>): Promise<OfflineService> {
  const tokens = stepgateTokens({
    issuer: TEST_ENVIRONMENT.PUBLIC_URL,
    jwksUrl: `${url}/.well-known/jwks.json`,
    now: () => clock.now(),
  });
  const authContext = ({ presented }: Context): Presented => presented;
  const schema = stepUpTransformer<Context>({ authContext })(
    makeExecutableSchema({
      typeDefs: [
        stepUpTypeDefs(),
        `type Query { open: Int secret: Int @stepUp(maxAge: 600) }
         type Mutation { pay: Int @stepUp(maxAge: 600) }`,
      ],
      resolvers: {
        Query: { open: () => 1, secret: () => 42 },
        Mutation: { pay: () => (service.paid += 1) },
      },
    }),
  );
  const yoga = createYoga({
    schema,
    logging: false,
    plugins: [useStepUp<Context>(authContext)],
    context: async ({ request }): Promise<Context> => ({
      presented: await tokens.present(request.headers.get('authorization')),
    }),
  });
  const server = createServer((request, response) => void yoga(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const service: OfflineService = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`,
    paid: 0,
    [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())),
  };
  return service;
}
