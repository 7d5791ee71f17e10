// The recipe for Yoga in docs/step-up.md, and the same plugin on plain Envelop, with tokens of a real Stepgate.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { envelop, useEngine, useExtendContext, useSchema } from '@envelop/core';
import { makeExecutableSchema } from '@graphql-tools/schema';
import * as graphql from 'graphql';
import { createYoga } from 'graphql-yoga';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Presented } from '../../../src/step-up/auth-context.ts';
import { stepUpTransformer, stepUpTypeDefs } from '../../../src/step-up/sdl.ts';
import { useStepUp } from '../../../src/step-up/yoga.ts';
import { TestClient } from '../../harness/client.ts';
import { asker, callers, guardsCustomers, resolvers, TYPES } from './customers.ts';

const who = callers();
const schema = makeExecutableSchema({ typeDefs: [stepUpTypeDefs(), TYPES], resolvers });
const authContext = ({ presented }: { presented: Presented }): Presented => presented;
const guarded = stepUpTransformer({ authContext })(schema);

describe('the recipe for Yoga:', () => {
  const yoga = createYoga({
    schema: guarded,
    context: async ({ request }) => ({
      presented: await who.tokens.present(request.headers.get('authorization')),
    }),
    plugins: [useStepUp(authContext)],
    logging: false,
  });
  const server = createServer((request, response) => void yoga(request, response));
  const url = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)));
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  guardsCustomers(who, asker(url));

  test('a refusal has the status and header that tell the client what to do', async () => {
    const answer = await new TestClient({ url: url() }).graphql(
      'mutation { rename(name: "x") { id } }',
      {},
      who.weak,
    );
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toBe(
      'Bearer error="insufficient_user_authentication", acr_values="aal2", max_age="600"',
    );
  });
});

describe('the recipe for Envelop:', () => {
  const getEnveloped = envelop({
    plugins: [
      useEngine(graphql),
      useSchema(guarded),
      useExtendContext(async ({ authorization }: { authorization?: string }) => ({
        presented: await who.tokens.present(authorization),
      })),
      useStepUp(authContext),
    ],
  });

  guardsCustomers(who, async (query, token) => {
    const authorization = token === undefined ? undefined : `Bearer ${token}`;
    const { parse, execute, contextFactory, schema } = getEnveloped({ authorization });
    const contextValue = await contextFactory();
    const { data = null, errors = [] } = await execute({ schema, document: parse(query), contextValue });
    const codes = (errors as graphql.GraphQLError[]).map((one) => one.extensions['code']);
    return { data: JSON.parse(JSON.stringify(data)), codes };
  });
});
