// A federated graph: a subgraph that guards its fields, behind @apollo/gateway. The gateway passes the caller on, and
// the subgraph decides. Its refusals reach the client with their codes. Their status stays that of the gateway.
import { ApolloGateway, RemoteGraphQLDataSource } from '@apollo/gateway';
import { ApolloServer } from '@apollo/server';
import { startStandaloneServer } from '@apollo/server/standalone';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { parse } from 'graphql';
import { stepUpTransformer, stepUpTypeDefs } from 'stepgate/step-up/sdl';
import { guards } from './apollo-plugin.js';
import { authContext, type Context, type StartServer } from './server.js';

interface Passed {
  readonly caller: string;
}

class PassesCaller extends RemoteGraphQLDataSource<Passed> {
  override willSendRequest({
    request,
    context,
  }: Parameters<NonNullable<RemoteGraphQLDataSource<Passed>['willSendRequest']>>[0]) {
    request.http?.headers.set('x-caller', (context as Passed).caller ?? 'nobody');
  }
}

const LINK = `extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key", "@composeDirective"])
  @link(url: "https://stepgate.dev/step-up/v1.0", import: ["@stepUp", "@authenticated", "@requiresRole"])
  @composeDirective(name: "@stepUp") @composeDirective(name: "@authenticated") @composeDirective(name: "@requiresRole")`;

export const gateway: StartServer = async (suite) => {
  const typeDefs = parse(stepUpTypeDefs() + LINK + suite.typeDefs);
  const subgraph = new ApolloServer<Context>({
    schema: stepUpTransformer({ authContext })(
      buildSubgraphSchema([{ typeDefs, resolvers: suite.resolvers as never }]),
    ),
    plugins: [guards],
  });
  const { url: subgraphUrl } = await startStandaloneServer(subgraph, {
    context: async ({ req }) => ({ presented: suite.present(String(req.headers['x-caller'])) }),
    listen: { port: 0, host: '127.0.0.1' },
  });
  const { IntrospectAndCompose } = await import('@apollo/gateway');
  const composed = new ApolloGateway({
    supergraphSdl: new IntrospectAndCompose({ subgraphs: [{ name: 'bank', url: subgraphUrl }] }),
    buildService: ({ url }) => new PassesCaller({ url: url ?? '' }),
    logger: { debug() {}, info() {}, warn() {}, error: console.error },
  });
  const server = new ApolloServer<Passed>({ gateway: composed });
  const { url } = await startStandaloneServer(server, {
    context: async ({ req }) => ({ caller: String(req.headers['x-caller']) }),
    listen: { port: 0, host: '127.0.0.1' },
  });
  return {
    url,
    async stop() {
      await server.stop();
      await subgraph.stop();
    },
  };
};
