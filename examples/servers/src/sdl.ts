// The schema from SDL, guarded.
import { makeExecutableSchema } from '@graphql-tools/schema';
import type { GraphQLSchema } from 'graphql';
import type { ConformanceSuite } from 'stepgate/step-up/conformance';
import { stepUpTransformer, stepUpTypeDefs } from 'stepgate/step-up/sdl';
import { authContext } from './server.js';

export function guardedSchema({ typeDefs, resolvers, subscriptions }: ConformanceSuite): GraphQLSchema {
  return stepUpTransformer({ authContext })(
    makeExecutableSchema({
      typeDefs: [stepUpTypeDefs(), typeDefs, subscriptions.typeDefs],
      resolvers: [resolvers, subscriptions.resolvers],
    }),
  );
}
