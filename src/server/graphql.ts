// The GraphQL endpoint. Yoga serves only what the direct way does not.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Config } from '../config/config.ts';
import type { Services } from '../graphql/context.ts';
import { RequestBudget } from '../graphql/request-budget.ts';
import { schema } from '../graphql/schema.ts';
import type { Orm } from '../persistence/orm.ts';
import type { Log } from '../platform/log.ts';
import type { AccessTokens } from '../sessions/access-token.ts';
import { contextsOf } from './context.ts';
import { DirectResponses, directType } from './direct.ts';
import { Documents } from './documents.ts';
import { Operations } from './operations.ts';
import type { Origins } from './origins.ts';
import { Results } from './results.ts';

export interface GraphQLParts {
  readonly config: Config;
  readonly orm: Orm;
  readonly tokens: AccessTokens;
  readonly services: Services;
  readonly origins: Origins;
  readonly log: Log;
}

export function createGraphQLEndpoint(parts: GraphQLParts) {
  const { config, log } = parts;
  const documents = new Documents({
    schema,
    introspection: config.introspection,
    hideSuggestions: config.production || !config.introspection,
  });
  const results = new Results(log);
  const operations = new Operations({ schema, documents, results, contextOf: contextsOf(parts) });
  const direct = new DirectResponses(operations, results);
  let yoga: Promise<ReturnType<typeof import('./yoga.ts').yogaOf>> | undefined;

  return async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    const exchange = { req, res, budget: new RequestBudget() };
    const type = directType(req);
    if (type !== null) return direct.answer(exchange, type);
    yoga ??= import('./yoga.ts').then(({ yogaOf }) => yogaOf({ schema, operations, log }));
    await (await yoga)(req, res, exchange);
  };
}
