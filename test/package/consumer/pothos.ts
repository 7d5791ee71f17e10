// The same with Pothos and Envelop. It prints the response to an anonymous caller.
import { envelop, useEngine, useExtendContext, useSchema } from '@envelop/core';
import SchemaBuilder from '@pothos/core';
import * as graphql from 'graphql';
import { type Presented, requirement, stepgateTokens } from 'stepgate/step-up';
import { stepUpPlugin } from 'stepgate/step-up/pothos';
import { useStepUp } from 'stepgate/step-up/yoga';

interface Context {
  presented: Presented;
}
const authContext = ({ presented }: Context): Presented => presented;
const tokens = stepgateTokens({ issuer: 'http://localhost:4000' });

const builder = new SchemaBuilder<{ Context: Context }>({ plugins: [stepUpPlugin], stepUp: { authContext } });
builder.queryType({ fields: (t) => ({ hello: t.string({ resolve: () => 'world' }) }) });
builder.mutationType({
  fields: (t) => ({
    free: t.string({ nullable: true, resolve: () => 'free' }),
    guarded: t.string({ nullable: true, stepUp: { maxAge: 60, accept: ['TOTP'] }, resolve: () => 'secret' }),
  }),
});
export const mistakes = [
  // @ts-expect-error The factor does not exist.
  () => requirement({ accept: ['RETINA'] }),
  // @ts-expect-error The issuer is required.
  () => stepgateTokens({}),
  // @ts-expect-error `authContext` must not return a promise.
  () => useStepUp<Context>(async ({ presented }) => presented),
];

const getEnveloped = envelop({
  plugins: [
    useEngine(graphql),
    useSchema(builder.toSchema()),
    useExtendContext(async () => ({ presented: await tokens.present(null) })),
    useStepUp(authContext),
  ],
});
const { parse, execute, contextFactory, schema } = getEnveloped({});
const document = parse('mutation { free guarded }');
const result = await execute({ document, schema, contextValue: await contextFactory() });
console.log(JSON.stringify(result));
