// The service: the schema with its guards, and the caller of each request, taken from the access token that Stepgate
// issued. The only request to Stepgate is the one for its keys.
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { renderGraphiQL } from '@graphql-yoga/render-graphiql';
import { createSchema, createYoga } from 'graphql-yoga';
// Outside this repository, import 'stepgate/step-up/sdl', 'stepgate/step-up' and 'stepgate/step-up/yoga'.
import { stepUpTransformer, stepUpTypeDefs } from '../../src/step-up/sdl.ts';
import { type PresentedToken, stepgateTokens } from '../../src/step-up/tokens.ts';
import { useStepUp } from '../../src/step-up/yoga.ts';
import { Customers } from './customers.ts';
import { type ResolverContext, resolvers } from './resolvers.ts';

export interface CustomersOptions {
  /** The `PUBLIC_URL` of the Stepgate server, which is the issuer and audience of its tokens. */
  readonly issuer: string;
  /** The URL of its keys, if this machine reaches the server under another name. */
  readonly jwksUrl?: string;
  /** The current time. Default: the system clock. */
  readonly now?: () => Date;
}

interface Context extends ResolverContext {
  readonly presented: PresentedToken;
}

const typeDefs = readFileSync(new URL('schema.graphql', import.meta.url), 'utf8');

export function createCustomersServer(options: CustomersOptions): Server {
  const tokens = stepgateTokens({
    ...options,
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
      const presented = await tokens.present(request.headers.get('authorization'));
      return { presented, caller: presented.holder, customers };
    },
    plugins: [useStepUp(authContext)],
    cors: false, // list the origins of your pages here; by default, Yoga allows all
    graphiql: { title: 'Customers' },
    renderGraphiQL, // served locally instead of from a CDN
  });
  return createServer((request, response) => void yoga(request, response));
}
