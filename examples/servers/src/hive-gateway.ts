// A federated graph behind Hive Gateway. It passes the caller on, and each subgraph decides about its fields. The gateway
// refuses mutations as a whole, because it sends each of their fields by itself, and passes the challenge back.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createGatewayRuntime, type GatewayPlugin } from '@graphql-hive/gateway-runtime';
import type { Presented } from 'stepgate/step-up';
import { useStepUp } from 'stepgate/step-up/yoga';
import { authContext, type Context, type RunningServer, type StartServer } from './server.js';
import { LINKS, type Subgraph, startSubgraph, supergraphOf } from './subgraph.js';

export async function hiveGateway(
  subgraphs: readonly Subgraph[],
  present: (caller: string) => Presented,
): Promise<RunningServer> {
  const { sdl, guarded } = supergraphOf(subgraphs);
  const asks: GatewayPlugin<Context> = {
    async onContextBuilding({ context: { request }, extendContext }) {
      extendContext({ presented: present(request.headers.get('x-caller') ?? 'nobody') });
    },
  };
  const gateway = createGatewayRuntime<Context>({
    supergraph: sdl,
    plugins: () => [asks, useStepUp(authContext, { schema: guarded })],
    propagateHeaders: {
      fromClientToSubgraphs: ({ request }) => ({ 'x-caller': request.headers.get('x-caller') }),
      fromSubgraphsToClient: ({ response }) => ({
        'www-authenticate': response.headers.get('www-authenticate'),
      }),
    },
    logging: false,
  });
  const server = createServer(gateway);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await gateway[Symbol.asyncDispose]();
    },
  };
}

export const behindHiveGateway: StartServer = async ({ typeDefs, resolvers, present }) => {
  const subgraph = await startSubgraph('bank', LINKS + typeDefs, resolvers, present);
  const { url, stop } = await hiveGateway([subgraph], present);
  return {
    url,
    async stop() {
      await stop();
      await subgraph.stop();
    },
  };
};
