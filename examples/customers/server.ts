// The service: the schema with its guards, and the caller of each request, taken from the access token that Stepgate
// issued. Stepgate is asked for its keys, whether sessions still live, and for the proofs that payments need.
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { renderGraphiQL } from '@graphql-yoga/render-graphiql';
import { createSchema, createYoga } from 'graphql-yoga';
// Outside this repository, import 'stepgate/step-up/sdl', 'stepgate/step-up' and 'stepgate/step-up/yoga'.
import { stepUpTransformer, stepUpTypeDefs } from '../../src/step-up/sdl.ts';
import { type PresentedToken, stepgateTokens } from '../../src/step-up/tokens.ts';
import { useStepUp } from '../../src/step-up/yoga.ts';
import { Customers } from './customers.ts';
import { proofsAt } from './proofs.ts';
import { type ResolverContext, resolvers } from './resolvers.ts';

export interface CustomersOptions {
  /** The `PUBLIC_URL` of the Stepgate server, which is the issuer and audience of its tokens. */
  readonly issuer: string;
  /** The URL of its keys, if this machine reaches the server under another name. */
  readonly jwksUrl?: string;
  /**
   * The URL of its GraphQL endpoint. Without it, sessions are not looked up, so agents are not accepted, and nobody can
   * pay.
   */
  readonly api?: string;
  /** The current time. Default: the system clock. */
  readonly now?: () => Date;
}

interface Context extends ResolverContext {
  readonly authorization: string | null;
  readonly presented: PresentedToken;
}

const typeDefs = readFileSync(new URL('schema.graphql', import.meta.url), 'utf8');

export function createCustomersServer({ api, ...options }: CustomersOptions): Server {
  const tokens = stepgateTokens({
    ...options,
    ...(api !== undefined && { session: { url: api, cacheSeconds: 5 } }),
    onError: (error) =>
      console.error(`Cannot read Stepgate's keys: ${error instanceof Error ? error.message : 'no response'}`),
  });
  const customers = new Customers();
  const authContext = ({ presented }: Context): PresentedToken => presented;

  const schema = stepUpTransformer({ authContext })(
    createSchema<Context>({ typeDefs: [stepUpTypeDefs(), typeDefs], resolvers }),
  );
  const yoga = createYoga({
    schema,
    context: async ({ request }): Promise<Context> => {
      const authorization = request.headers.get('authorization');
      const presented = await tokens.present(authorization);
      return { presented, caller: presented.holder, customers, authorization };
    },
    plugins: [useStepUp(authContext, api === undefined ? {} : { consumeProof: proofsAt(api) })],
    cors: false, // list the origins of your pages here; by default, Yoga allows all
    graphiql: { title: 'Customers' },
    renderGraphiQL, // served locally instead of from a CDN
  });
  return createServer((request, response) => void yoga(request, response));
}
