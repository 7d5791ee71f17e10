// graphql-ws: queries, mutations and subscriptions over a WebSocket.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type ExecutionArgs, execute as run } from 'graphql';
import { useServer } from 'graphql-ws/use/ws';
import { refuseMutation } from 'stepgate/step-up';
import { WebSocketServer } from 'ws';
import { guardedSchema } from './sdl.js';
import { authContext, type Context, type StartServer } from './server.js';

export const graphqlWs: StartServer = async (suite) => {
  const schema = guardedSchema(suite);
  // Called for each operation, so a token that expires does not count for as long as its connection.
  const context = async ({ connectionParams }: { connectionParams?: Record<string, unknown> }) => ({
    presented: suite.present(connectionParams?.['caller'] as string),
  });
  const execute = (args: ExecutionArgs) => {
    const errors = refuseMutation(args, args.contextValue as Context, authContext);
    return errors.length > 0 ? { errors } : run(args);
  };
  const server = createServer();
  const sockets = new WebSocketServer({ server, path: '/graphql' });
  const running = useServer({ schema, context, execute }, sockets);

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`,
    async stop() {
      await running.dispose();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};
