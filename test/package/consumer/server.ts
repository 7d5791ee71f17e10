// Another team's server: its schema is written in SDL, it is served by Yoga, and Stepgate is all that it knows of tokens.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { makeExecutableSchema } from '@graphql-tools/schema';
import { createYoga } from 'graphql-yoga';
import { type Presented, stepgateTokens, stepUpTypeDefs } from 'stepgate/step-up';
import { stepUpTransformer } from 'stepgate/step-up/sdl';
import { useStepUp } from 'stepgate/step-up/yoga';

const [issuer = '', jwksUrl = ''] = process.argv.slice(2);
const tokens = stepgateTokens({ issuer, jwksUrl, onError: console.error });

interface Context {
  presented: Presented;
}
const standing = ({ presented }: Context): Presented => presented;

const typeDefs = `
  type Customer @authenticated { name: String contract: String @stepUp(maxAge: 300) }
  type Query { customer: Customer version: Int }
  type Mutation { rename(name: String!): Customer @stepUp count: Int }
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
    },
  },
});

const yoga = createYoga<object, Context>({
  schema: stepUpTransformer({ standing })(schema),
  plugins: [useStepUp(standing)],
  context: async ({ request }) => ({ presented: await tokens.present(request.headers.get('authorization')) }),
  logging: false,
});
const server = createServer(yoga);
server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port));
