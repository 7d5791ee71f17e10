// A subgraph that guards its fields, and the supergraph that a gateway serves.
import { ApolloServer } from '@apollo/server';
import { startStandaloneServer } from '@apollo/server/standalone';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { composeServices } from '@theguild/federation-composition';
import { buildSchema, type DocumentNode, type GraphQLSchema, parse } from 'graphql';
import type { Presented } from 'stepgate/step-up';
import { stepUpTransformer, stepUpTypeDefs } from 'stepgate/step-up/sdl';
import { guards } from './apollo-plugin.js';
import { authContext, type Context } from './server.js';

/** What a subgraph imports, so that its guards are in the supergraph too. */
export const LINKS = `extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@composeDirective"])
  @link(url: "https://stepgate.dev/step-up/v1.0", import: ["@stepUp", "@authenticated", "@requiresRole"])
  @composeDirective(name: "@stepUp") @composeDirective(name: "@authenticated") @composeDirective(name: "@requiresRole")`;

export interface Subgraph {
  readonly name: string;
  readonly typeDefs: DocumentNode;
  readonly url: string;
  stop(): Promise<void>;
}

export async function startSubgraph(
  name: string,
  sdl: string,
  resolvers: object,
  present: (caller: string) => Presented,
): Promise<Subgraph> {
  const typeDefs = parse(stepUpTypeDefs() + sdl);
  const schema = stepUpTransformer({ authContext })(
    buildSubgraphSchema([{ typeDefs, resolvers: resolvers as never }]),
  );
  const server = new ApolloServer<Context>({ schema, plugins: [guards] });
  const { url } = await startStandaloneServer(server, {
    context: async ({ req }) => ({ presented: present(String(req.headers['x-caller'])) }),
    listen: { port: 0, host: '127.0.0.1' },
  });
  return { name, typeDefs, url, stop: () => server.stop() };
}

export interface Supergraph {
  readonly sdl: string;
  /** Decides about whole mutations. It executes nothing. */
  readonly guarded: GraphQLSchema;
}

export function supergraphOf(subgraphs: readonly Subgraph[]): Supergraph {
  const { supergraphSdl: sdl, errors = [] } = composeServices([...subgraphs]);
  if (sdl === undefined) throw new AggregateError(errors, 'The subgraphs do not compose.');
  const guarded = stepUpTransformer({ authContext })(buildSchema(sdl, { assumeValidSDL: true }));
  return { sdl, guarded };
}
