// graphql-sse: queries, mutations and subscriptions as streams of events, on a connection of their own or on a shared one.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type ExecutionArgs, execute as run } from 'graphql';
import { createHandler } from 'graphql-sse/lib/use/http';
import { refuseMutation } from 'stepgate/step-up';
import { guardedSchema } from './sdl.js';
import { authContext, type Context, type StartServer } from './server.js';

export const graphqlSse: StartServer = async (suite) => {
  const schema = guardedSchema(suite);
  const execute = (args: ExecutionArgs) => {
    const errors = refuseMutation(args, args.contextValue as Context, authContext);
    return errors.length > 0 ? { errors } : run(args);
  };
  const handler = createHandler({
    schema,
    execute,
    context: async ({ raw }) => ({ presented: suite.present(raw.headers['x-caller'] as string) }),
  });
  const server = createServer((request, response) => void handler(request, response));

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};
