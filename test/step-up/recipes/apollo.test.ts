// The recipe for Apollo Server in docs/step-up.md, with tokens of a real Stepgate.
import type { IncomingMessage } from 'node:http';
import { ApolloServer, HeaderMap } from '@apollo/server';
import { startStandaloneServer } from '@apollo/server/standalone';
import { makeExecutableSchema } from '@graphql-tools/schema';
import { afterAll, beforeAll } from 'vitest';
import type { Presented } from '../../../src/step-up/auth-context.ts';
import { refuseMutation } from '../../../src/step-up/refuse-mutation.ts';
import { stepUpTransformer, stepUpTypeDefs } from '../../../src/step-up/sdl.ts';
import { asker, callers, guardsCustomers, resolvers, TYPES } from './customers.ts';

const who = callers();
const schema = makeExecutableSchema({ typeDefs: [stepUpTypeDefs(), TYPES], resolvers });

const authContext = (presented: Presented): Presented => presented;
const server = new ApolloServer<Presented>({
  schema: stepUpTransformer({ authContext })(schema),
  plugins: [
    {
      requestDidStart: async () => ({
        async responseForOperation({ request, contextValue, ...operation }) {
          const run = { ...operation, variableValues: request.variables };
          const errors = refuseMutation(run, contextValue, authContext).map((one) => one.toJSON());
          const http = { status: 401, headers: new HeaderMap() };
          return errors.length > 0 ? { http, body: { kind: 'single', singleResult: { errors } } } : null;
        },
      }),
    },
  ],
});

let url: string;
beforeAll(async () => {
  const context = async ({ req }: { req: IncomingMessage }) => who.tokens.present(req.headers.authorization);
  ({ url } = await startStandaloneServer(server, { context, listen: { port: 0 } }));
});
afterAll(() => server.stop());

guardsCustomers(
  who,
  asker(() => url),
);
