// The recipe for Mercurius in docs/step-up.md, with tokens of a real Stepgate, and with the conformance suite. Mercurius
// assigns its loaders and resolvers to the given schema, which must not remove the guards.
import { makeExecutableSchema } from '@graphql-tools/schema';
import fastify, { type FastifyReply, type FastifyRequest } from 'fastify';
import type { GraphQLError, GraphQLSchema } from 'graphql';
import mercurius, { type MercuriusOptions } from 'mercurius';
import { afterAll, beforeAll } from 'vitest';
import type { Presented } from '../../../src/step-up/auth-context.ts';
import { refuseMutation } from '../../../src/step-up/refuse-mutation.ts';
import { refusedResponse } from '../../../src/step-up/refused-response.ts';
import { stepUpTransformer, stepUpTypeDefs } from '../../../src/step-up/sdl.ts';
import { conformanceSuite, conforms } from './conforms.ts';
import { asker, callers, guardsCustomers, resolvers, TYPES } from './customers.ts';

interface Context {
  readonly presented: Presented;
  readonly reply: FastifyReply;
  readonly operationName?: string;
  /** How many operations a batch has. */
  readonly operationsCount?: number;
}

const authContext = ({ presented }: { presented: Presented }): Presented => presented;

/** All refusals of a mutation. Mercurius sends the `errors` of what a hook throws. */
class Refused extends Error {
  readonly errors: readonly GraphQLError[];
  constructor(errors: readonly GraphQLError[]) {
    super('Refused.');
    this.errors = errors;
  }
}

/** By reply: the operations of a batch share one, and its challenge is that of all their refusals. */
const errorsIn = new WeakMap<FastifyReply, GraphQLError[]>();

function serve(
  schema: GraphQLSchema,
  present: (request: FastifyRequest) => Promise<Presented>,
  options: MercuriusOptions = {},
) {
  const app = fastify();
  const guarded = stepUpTransformer({ authContext })(schema);
  const context = async (request: FastifyRequest) => ({ presented: await present(request) });
  const errorFormatter: MercuriusOptions['errorFormatter'] = (execution, context) => {
    const formatted = mercurius.defaultErrorFormatter(execution, context);
    const { reply, operationsCount } = context as unknown as Context;
    const errors = execution.errors.flatMap((one) => (one.originalError as Refused | null)?.errors ?? one);
    const all = [...(errorsIn.get(reply) ?? []), ...errors];
    errorsIn.set(reply, all);
    const ranNothing = execution.data == null && operationsCount === undefined;
    const { accept } = reply.request.headers;
    const { status, challenge } = refusedResponse(all, { ranNothing, accept });
    if (challenge !== null) void reply.header('www-authenticate', challenge);
    return status === null ? formatted : { ...formatted, statusCode: status };
  };
  let url = '';
  beforeAll(async () => {
    await app.register(mercurius, {
      schema: guarded,
      context,
      errorFormatter,
      ...options,
      allowBatchedQueries: true,
    });
    app.graphql.addHook('preExecution', async (schema, document, context, variableValues) => {
      const { operationName } = context as unknown as Context;
      const errors = refuseMutation(
        { schema, document, variableValues, operationName },
        context as never,
        authContext,
      );
      if (errors.length > 0) throw new Refused(errors);
    });
    url = `${await app.listen({ port: 0 })}/graphql`;
  });
  afterAll(() => app.close());
  return () => url;
}

const who = callers();
const schema = makeExecutableSchema({ typeDefs: [stepUpTypeDefs(), TYPES], resolvers });
const customers = serve(schema, ({ headers }) => who.tokens.present(headers.authorization), {
  loaders: { Customer: { contract: async (queries) => queries.map(({ obj }) => obj.contract) } },
  resolvers: { Customer: { name: (customer) => customer.name } },
});
guardsCustomers(
  who,
  asker(() => customers().replace('/graphql', '')),
);

const suite = conformanceSuite();
const bank = makeExecutableSchema({
  typeDefs: [stepUpTypeDefs(), suite.typeDefs],
  resolvers: suite.resolvers,
});
conforms(
  suite,
  serve(bank, async ({ headers }) => suite.present(String(headers['x-caller']))),
);
