// A federated graph behind @apollo/gateway. It passes the caller on, and each subgraph decides about its fields. The gateway
// refuses mutations as a whole, because it may send their fields to several subgraphs, and passes the challenge back.
import {
  ApolloGateway,
  type GraphQLDataSourceProcessOptions,
  RemoteGraphQLDataSource,
} from '@apollo/gateway';
import { ApolloServer, type ApolloServerPlugin } from '@apollo/server';
import { startStandaloneServer } from '@apollo/server/standalone';
import type { GraphQLSchema } from 'graphql';
import type { Presented } from 'stepgate/step-up';
import { refusesWhole } from './apollo-plugin.js';
import type { Context, RunningServer, StartServer } from './server.js';
import { LINKS, type Subgraph, startSubgraph, supergraphOf } from './subgraph.js';

interface Passed extends Context {
  readonly caller: string;
  /** What the subgraphs say in `WWW-Authenticate`. */
  readonly challenges: Set<string>;
}

class PassesCaller extends RemoteGraphQLDataSource<Passed> {
  override willSendRequest({ request, context }: GraphQLDataSourceProcessOptions<Passed>) {
    request.http?.headers.set('x-caller', context.caller ?? 'nobody');
  }

  override didReceiveResponse({ response, context }: Parameters<Received>[0]) {
    const challenge = response.http?.headers.get('www-authenticate');
    if (challenge) context.challenges?.add(challenge);
    return response;
  }
}
type Received = NonNullable<RemoteGraphQLDataSource<Passed>['didReceiveResponse']>;

const passesChallenge: ApolloServerPlugin<Passed> = {
  requestDidStart: async () => ({
    async willSendResponse({ response, contextValue: { challenges } }) {
      if (challenges.size > 0) response.http.headers.set('www-authenticate', [...challenges].join(', '));
    },
  }),
};

export async function apolloGateway(
  subgraphs: readonly Subgraph[],
  present: (caller: string) => Presented,
): Promise<RunningServer> {
  const { sdl, guarded } = supergraphOf(subgraphs);
  const gateway = new ApolloGateway({
    supergraphSdl: sdl,
    buildService: ({ url }) => new PassesCaller({ url: url ?? '' }),
  });
  const server = new ApolloServer<Passed>({ gateway, plugins: [passesChallenge, refusesWhole(guarded)] });
  const { url } = await startStandaloneServer(server, {
    context: async ({ req }) => {
      const caller = String(req.headers['x-caller']);
      return { caller, presented: present(caller), challenges: new Set<string>() };
    },
    listen: { port: 0, host: '127.0.0.1' },
  });
  return { url, stop: () => server.stop() };
}

export const behindApolloGateway: StartServer = async ({ typeDefs, resolvers, present }) => {
  const subgraph = await startSubgraph('bank', LINKS + typeDefs, resolvers, present);
  const { url, stop } = await apolloGateway([subgraph], present);
  return {
    url,
    async stop() {
      await stop();
      await subgraph.stop();
    },
  };
};
