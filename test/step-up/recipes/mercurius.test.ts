// The recipe for Mercurius in docs/step-up.md, with tokens of a real Stepgate. Mercurius assigns its loaders and
// resolvers to the given schema, which must not remove the guards.
import { makeExecutableSchema } from '@graphql-tools/schema';
import fastify from 'fastify';
import mercurius from 'mercurius';
import { afterAll, beforeAll } from 'vitest';
import type { Presented } from '../../../src/step-up/auth-context.ts';
import { refuseMutation } from '../../../src/step-up/refuse-mutation.ts';
import { stepUpTransformer, stepUpTypeDefs } from '../../../src/step-up/sdl.ts';
import { asker, callers, guardsCustomers, resolvers, TYPES } from './customers.ts';

const who = callers();
const schema = makeExecutableSchema({ typeDefs: [stepUpTypeDefs(), TYPES], resolvers });

const authContext = ({ presented }: { presented: Presented }): Presented => presented;
const app = fastify();

let url: string;
beforeAll(async () => {
  await app.register(mercurius, {
    schema: stepUpTransformer({ authContext })(schema),
    loaders: { Customer: { contract: async (queries) => queries.map(({ obj }) => obj.contract) } },
    resolvers: { Customer: { name: (customer) => customer.name } },
    context: async (request) => ({ presented: await who.tokens.present(request.headers.authorization) }),
  });
  app.graphql.addHook('preExecution', async (schema, document, context, variableValues) => {
    const { operationName, presented } = context as typeof context & {
      presented: Presented;
      operationName?: string;
    };
    const errors = refuseMutation(
      { schema, document, variableValues, operationName },
      { presented },
      authContext,
    );
    if (errors.length > 0) throw errors[0];
  });
  url = await app.listen({ port: 0 });
});
afterAll(() => app.close());

guardsCustomers(
  who,
  asker(() => url),
);
