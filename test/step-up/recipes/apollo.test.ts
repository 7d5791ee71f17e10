// The recipe for Apollo Server in docs/step-up.md, with tokens of a real Stepgate, and with the conformance suite.
import type { IncomingMessage } from 'node:http';
import { ApolloServer, type ApolloServerPlugin, HeaderMap, type HTTPGraphQLHead } from '@apollo/server';
import { startStandaloneServer } from '@apollo/server/standalone';
import { makeExecutableSchema } from '@graphql-tools/schema';
import type { GraphQLError, GraphQLSchema } from 'graphql';
import { afterAll, beforeAll } from 'vitest';
import type { Presented } from '../../../src/step-up/auth-context.ts';
import { refuseMutation } from '../../../src/step-up/refuse-mutation.ts';
import { refusedResponse } from '../../../src/step-up/refused-response.ts';
import { stepUpTransformer, stepUpTypeDefs } from '../../../src/step-up/sdl.ts';
import { conformanceSuite, conforms } from './conforms.ts';
import { asker, callers, guardsCustomers, resolvers, TYPES } from './customers.ts';

const authContext = (presented: Presented): Presented => presented;

const errorsIn = new WeakMap<HTTPGraphQLHead, GraphQLError[]>();

/** The operations of a batch have one response: the challenge is that of all their refusals. */
function challenge(http: HTTPGraphQLHead, errors: readonly GraphQLError[]): void {
  const all = [...(errorsIn.get(http) ?? []), ...errors];
  errorsIn.set(http, all);
  const { challenge } = refusedResponse(all, { ranNothing: false, accept: null });
  if (challenge !== null) http.headers.set('www-authenticate', challenge);
}

const guards: ApolloServerPlugin<Presented> = {
  requestDidStart: async () => ({
    async responseForOperation({ request, response, contextValue, requestIsBatched, ...operation }) {
      const run = { ...operation, variableValues: request.variables };
      const errors = refuseMutation(run, contextValue, authContext);
      if (errors.length === 0) return null;
      challenge(response.http, errors);
      const accept = request.http?.headers.get('accept');
      const { status } = refusedResponse(errors, { ranNothing: !requestIsBatched, accept });
      const http = { status: status ?? 200, headers: new HeaderMap() };
      const singleResult = { errors: errors.map((one) => one.toJSON()) };
      return { http, body: { kind: 'single', singleResult } };
    },
    async willSendResponse({ response, errors = [] }) {
      challenge(response.http, errors);
    },
  }),
};

function serve(schema: GraphQLSchema, present: (request: IncomingMessage) => Promise<Presented>) {
  const guarded = stepUpTransformer({ authContext })(schema);
  const server = new ApolloServer<Presented>({
    schema: guarded,
    plugins: [guards],
    allowBatchedHttpRequests: true,
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
