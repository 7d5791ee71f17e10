// The same with Pothos, served by anything that Envelop extends: what it prints is what an anonymous caller is answered.
import { envelop, useEngine, useExtendContext, useSchema } from '@envelop/core';
import SchemaBuilder from '@pothos/core';
import * as graphql from 'graphql';
import { type Presented, requirement, stepgateTokens } from 'stepgate/step-up';
import { stepUpPlugin } from 'stepgate/step-up/pothos';
import { useStepUp } from 'stepgate/step-up/yoga';

interface Context {
  presented: Presented;
}
const standing = ({ presented }: Context): Presented => presented;
const tokens = stepgateTokens({ issuer: 'http://localhost:4000' });

const builder = new SchemaBuilder<{ Context: Context }>({ plugins: [stepUpPlugin], stepUp: { standing } });
builder.queryType({ fields: (t) => ({ hello: t.string({ resolve: () => 'world' }) }) });
builder.mutationType({
  fields: (t) => ({
    free: t.string({ nullable: true, resolve: () => 'free' }),
    guarded: t.string({ nullable: true, stepUp: { maxAge: 60, accept: ['TOTP'] }, resolve: () => 'secret' }),
  }),
});
export const mistakes = [
  // @ts-expect-error A factor that there is none of.
  () => requirement({ accept: ['RETINA'] }),
  // @ts-expect-error The issuer is not left to chance.
  () => stepgateTokens({}),
  // @ts-expect-error Who is asking is known before the operation runs.
  () => useStepUp<Context>(async ({ presented }) => presented),
];

const getEnveloped = envelop({
  plugins: [
    useEngine(graphql),
    useSchema(builder.toSchema()),
    useExtendContext(async () => ({ presented: await tokens.present(null) })),
    useStepUp(standing),
  ],
});
const { parse, execute, contextFactory, schema } = getEnveloped({});
const document = parse('mutation { free guarded }');
const result = await execute({ document, schema, contextValue: await contextFactory() });
console.log(JSON.stringify(result));
