// Another team's server: a schema in SDL, served by Yoga, with Stepgate's tokens.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { makeExecutableSchema } from '@graphql-tools/schema';
import { createYoga } from 'graphql-yoga';
import { type ConsumeProof, type Presented, stepgateTokens, stepUpTypeDefs } from 'stepgate/step-up';
import { stepUpTransformer } from 'stepgate/step-up/sdl';
import { useStepUp } from 'stepgate/step-up/yoga';

const [issuer = '', jwksUrl = '', stepgateUrl = ''] = process.argv.slice(2);
const tokens = stepgateTokens({ issuer, jwksUrl, onError: console.error });

interface Context {
  presented: Presented;
  authorization: string;
}
const authContext = ({ presented }: Context): Presented => presented;

const typeDefs = `
  type Customer @authenticated { name: String contract: String @stepUp(maxAge: 300) }
  type Query { customer: Customer version: Int }
  type Mutation {
    rename(name: String!): Customer @stepUp
    count: Int
    pay(amount: Int!, to: String!): String @stepUp(bind: OPERATION)
  }
`;
let count = 0;
const customer = { name: 'Ada', contract: 'secret' };
const schema = makeExecutableSchema({
  typeDefs: [stepUpTypeDefs(), typeDefs],
  resolvers: {
    Query: { customer: () => customer, version: async () => (await import('graphql')).versionInfo.major },
    Mutation: {
      rename: (_root, { name }: { name: string }) => ({ ...customer, name }),
      count: () => ++count,
      pay: (_root, { amount, to }: { amount: number; to: string }) => `${amount} to ${to}`,
    },
  },
});

/** Consumes a bound proof through Stepgate's API, with the user's own token. */
const consumeProof: ConsumeProof<Context> = async (
  { authorization },
  digest,
  { accept, maxAge, require, minFactorAge },
) => {
  const query = `mutation (
    $digest: String!, $accept: [FactorKind!], $maxAge: Int, $require: StepUpRequire, $minFactorAge: Int
  ) {
    consumeOperationProof(
      digest: $digest, accept: $accept, maxAge: $maxAge, require: $require, minFactorAge: $minFactorAge
    )
  }`;
  const response = await fetch(stepgateUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization },
    body: JSON.stringify({ query, variables: { digest, accept, maxAge, require, minFactorAge } }),
  });
  const { data } = (await response.json()) as { data?: { consumeOperationProof?: boolean } | null };
  return data?.consumeOperationProof === true;
};

const yoga = createYoga<object, Context>({
  schema: stepUpTransformer({ authContext })(schema),
  plugins: [useStepUp(authContext, { consumeProof })],
  context: async ({ request }) => {
    const authorization = request.headers.get('authorization') ?? '';
    return { authorization, presented: await tokens.present(authorization) };
  },
  logging: false,
});
const server = createServer(yoga);
server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port));
