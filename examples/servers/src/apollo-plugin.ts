// The plugin for Apollo Server, which NestJS and the gateway use too: see docs/step-up.md.
import { type ApolloServerPlugin, HeaderMap, type HTTPGraphQLHead } from '@apollo/server';
import type { GraphQLError, GraphQLSchema } from 'graphql';
import { refusedResponse, refuseMutation } from 'stepgate/step-up';
import { authContext, type Context } from './server.js';

const errorsIn = new WeakMap<HTTPGraphQLHead, GraphQLError[]>(); // by response: the operations of a batch share one
function challenge(http: HTTPGraphQLHead, errors: readonly GraphQLError[]): void {
  const all = [...(errorsIn.get(http) ?? []), ...errors];
  errorsIn.set(http, all);
  const { challenge } = refusedResponse(all, { ranNothing: false, accept: null });
  if (challenge !== null) http.headers.set('www-authenticate', challenge);
}

/** @param schema the schema that has the guards, if another one is executed: in a gateway, its supergraph. */
export const refusesWhole = (schema?: GraphQLSchema): ApolloServerPlugin<Context> => ({
  requestDidStart: async () => ({
    async responseForOperation({ request, response, contextValue, requestIsBatched, ...operation }) {
      const run = { ...operation, ...(schema && { schema }), variableValues: request.variables };
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
});

export const guards = refusesWhole();
