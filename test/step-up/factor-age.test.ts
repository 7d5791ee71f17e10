// `minFactorAge` in SDL, in Pothos and in the refusals of a service.
import { makeExecutableSchema } from '@graphql-tools/schema';
import SchemaBuilder from '@pothos/core';
import { type GraphQLSchema, graphql, printSchema } from 'graphql';
import { describe, expect, test } from 'vitest';
import type { Presented } from '../../src/step-up/auth-context.ts';
import { stepUpPlugin } from '../../src/step-up/pothos/index.ts';
import { stepUpTransformer, stepUpTypeDefs } from '../../src/step-up/sdl.ts';
import { authContextOf, type BankContext, caller, NOW } from './example-schema.ts';

const DAY = 86_400;

/** A caller whose authenticator app was enrolled this long ago. */
function enrolled(ago: number | null): Presented {
  const presented = caller({ TOTP: 0 });
  const { authContext } = presented;
  const evidence = (authContext?.evidence ?? []).map((one) =>
    one.factor === 'TOTP' && ago !== null ? { ...one, enrolledAt: NOW - ago } : one,
  );
  return { ...presented, authContext: authContext && { ...authContext, evidence } };
}

async function errorOf(schema: GraphQLSchema, who: Presented, source = '{ wealth }'): Promise<unknown> {
  const contextValue: BankContext = { caller: () => who, ran: [] };
  const rootValue = { wealth: 1, modest: 1 };
  const { errors = [] } = await graphql({ schema, source, contextValue, rootValue });
  return errors[0]?.extensions;
}

const inSdl = stepUpTransformer({ authContext: authContextOf })(
  makeExecutableSchema({
    typeDefs: [
      stepUpTypeDefs(),
      `type Query @stepUp(maxAge: 60) { wealth: Int @stepUp(minFactorAge: ${DAY}) modest: Int }`,
    ],
  }),
);

function inPothos(): GraphQLSchema {
  const builder = new SchemaBuilder<{ Context: BankContext }>({
    plugins: [stepUpPlugin],
    stepUp: { authContext: authContextOf },
  });
  builder.queryType({
    fields: (t) => ({
      wealth: t.int({ nullable: true, stepUp: { minFactorAge: DAY }, resolve: () => 1 }),
    }),
  });
  return builder.toSchema();
}

describe.each([
  ['in SDL', inSdl],
  ['in Pothos', inPothos()],
])('a field with minFactorAge %s', (_where, schema) => {
  test('takes a factor that is old enough, and no younger one or one of unknown age', async () => {
    expect(await errorOf(schema, enrolled(DAY))).toBeUndefined();
    expect(await errorOf(schema, enrolled(DAY - 1))).toMatchObject({
      code: 'STEP_UP_REQUIRED',
      remedy: 'STEP_UP',
      minFactorAge: DAY,
      oldEnoughAt: NOW + 1,
    });
    expect(await errorOf(schema, enrolled(null))).toMatchObject({ minFactorAge: DAY, oldEnoughAt: null });
  });

  test('prints its argument with the default', () => {
    expect(printSchema(schema)).toContain('minFactorAge: Int! = 0');
  });
});

test('another field of the type takes a factor of any age', async () => {
  expect(await errorOf(inSdl, enrolled(null), '{ modest }')).toBeUndefined();
});

test('a negative age is an error when the schema is built', () => {
  const typeDefs = [stepUpTypeDefs(), 'type Query { wealth: Int @stepUp(minFactorAge: -1) }'];
  expect(() => stepUpTransformer({ authContext: authContextOf })(makeExecutableSchema({ typeDefs }))).toThrow(
    'minFactorAge must be a whole number of seconds',
  );
});
