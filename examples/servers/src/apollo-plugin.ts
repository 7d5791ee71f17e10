// The plugin for Apollo Server, which NestJS and the gateway use too: see docs/step-up.md.
import { type ApolloServerPlugin, HeaderMap } from '@apollo/server';
import { refusedResponse, refuseMutation } from 'stepgate/step-up';
import { authContext, type Context } from './server.js';

export const guards: ApolloServerPlugin<Context> = {
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
