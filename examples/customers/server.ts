// The service: its schema with the guards put in, and a caller for each request, found in the access token that
// Stepgate gave. No request goes to Stepgate but the one for its keys.
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { renderGraphiQL } from '@graphql-yoga/render-graphiql';
import { createSchema, createYoga } from 'graphql-yoga';
// Outside of this repository: 'stepgate/step-up/sdl', 'stepgate/step-up' and 'stepgate/step-up/yoga'.
import { stepUpTransformer, stepUpTypeDefs } from '../../src/step-up/sdl.ts';
import { type PresentedToken, stepgateTokens } from '../../src/step-up/tokens.ts';
import { useStepUp } from '../../src/step-up/yoga.ts';
import { Customers } from './customers.ts';
import { type ResolverContext, resolvers } from './resolvers.ts';

export interface CustomersOptions {
  /** `PUBLIC_URL` of the Stepgate server, which its tokens name as their issuer and their audience. */
  readonly issuer: string;
  /** Where its keys are, when this machine reaches it by another name. */
  readonly jwksUrl?: string;
  /** The time; the machine's own unless said otherwise. */
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
      console.error(
        `Stepgate's keys cannot be read: ${error instanceof Error ? error.message : 'no answer'}`,
      ),
  });
  const customers = new Customers();
  const standing = ({ presented }: Context): PresentedToken => presented;

  const schema = stepUpTransformer({ standing })(
    createSchema<Context>({ typeDefs: [stepUpTypeDefs(), typeDefs], resolvers }),
  );
  const yoga = createYoga({
    schema,
    context: async ({ request }): Promise<Context> => {
      const presented = await tokens.present(request.headers.get('authorization'));
      return { presented, caller: presented.holder, customers };
    },
    plugins: [useStepUp(standing)],
    cors: false, // name the origins of your pages here: Yoga would allow them all
    graphiql: { title: 'Customers' },
    renderGraphiQL, // from here, and not from a CDN
  });
  return createServer((request, response) => void yoga(request, response));
}
