// The recipe for Apollo Server in docs/step-up.md, with tokens of a real Stepgate, and with the conformance suite.
import type { IncomingMessage } from 'node:http';
import { ApolloServer, type ApolloServerPlugin, HeaderMap } from '@apollo/server';
import { startStandaloneServer } from '@apollo/server/standalone';
import { makeExecutableSchema } from '@graphql-tools/schema';
import type { GraphQLSchema } from 'graphql';
import { afterAll, beforeAll } from 'vitest';
import type { Presented } from '../../../src/step-up/auth-context.ts';
import { refuseMutation } from '../../../src/step-up/refuse-mutation.ts';
import { refusedResponse } from '../../../src/step-up/refused-response.ts';
import { stepUpTransformer, stepUpTypeDefs } from '../../../src/step-up/sdl.ts';
import { conformanceSuite, conforms } from './conforms.ts';
import { asker, callers, guardsCustomers, resolvers, TYPES } from './customers.ts';

const authContext = (presented: Presented): Presented => presented;

const guards: ApolloServerPlugin<Presented> = {
  requestDidStart: async () => ({
    async responseForOperation({ request, contextValue, ...operation }) {
      const run = { ...operation, variableValues: request.variables };
      const errors = refuseMutation(run, contextValue, authContext);
      if (errors.length === 0) return null;
      const accept = request.http?.headers.get('accept');
      const { status, challenge } = refusedResponse(errors, { ranNothing: true, accept });
      const headers = new HeaderMap(challenge === null ? [] : [['www-authenticate', challenge]]);
      const singleResult = { errors: errors.map((one) => one.toJSON()) };
      return { http: { status: status ?? 200, headers }, body: { kind: 'single', singleResult } };
    },
    async willSendResponse({ response, errors = [] }) {
      const { challenge } = refusedResponse(errors, { ranNothing: false, accept: null });
      if (challenge !== null) response.http.headers.set('www-authenticate', challenge);
    },
  }),
};

function serve(schema: GraphQLSchema, present: (request: IncomingMessage) => Promise<Presented>) {
  const server = new ApolloServer<Presented>({
    schema: stepUpTransformer({ authContext })(schema),
    plugins: [guards],
  });
  let url = '';
  beforeAll(async () => {
    const context = ({ req }: { req: IncomingMessage }) => present(req);
    ({ url } = await startStandaloneServer(server, { context, listen: { port: 0 } }));
  });
  afterAll(() => server.stop());
  return () => url;
}

const who = callers();
const schema = makeExecutableSchema({ typeDefs: [stepUpTypeDefs(), TYPES], resolvers });
const customers = serve(schema, ({ headers }) => who.tokens.present(headers.authorization));
guardsCustomers(who, asker(customers));

const suite = conformanceSuite();
const bank = makeExecutableSchema({
  typeDefs: [stepUpTypeDefs(), suite.typeDefs],
  resolvers: suite.resolvers,
});
conforms(
  suite,
  serve(bank, async ({ headers }) => suite.present(String(headers['x-caller']))),
);
