// The GraphQL endpoint: Yoga with this server's guards, limits and typed errors.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { useCSRFPrevention } from '@graphql-yoga/plugin-csrf-prevention';
import { createYoga, type Plugin } from 'graphql-yoga';
import type { Config } from '../config/config.ts';
import { localeOf } from '../delivery/messages/locales.ts';
import { authContextOf, consumeProof, type GraphQLContext, type Services } from '../graphql/context.ts';
import { LIMITS } from '../graphql/limits.ts';
import { RequestBudget } from '../graphql/request-budget.ts';
import { schema } from '../graphql/schema.ts';
import type { Orm } from '../persistence/orm.ts';
import type { Log } from '../platform/log.ts';
import type { AccessTokens } from '../sessions/access-token.ts';
import { bearerToken } from '../step-up/bearer.ts';
import { useStepUp } from '../step-up/yoga.ts';
import { clientsBehind, identifyCaller } from './caller.ts';
import { readSessionCookies, SESSION_HEADER, sessionDelivery } from './cookies.ts';
import { DocumentCache, NO_CACHE } from './document-cache.ts';
import { useBoundedDocuments, useExpectedErrors, useSafeVariables, useTypedErrors } from './documents.ts';
import { clientError, logFailure } from './failures.ts';
import type { Origins } from './origins.ts';
import { useStrictRequests } from './requests.ts';

interface NodeContext {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
}

export interface GraphQLParts {
  readonly config: Config;
  readonly orm: Orm;
  readonly tokens: AccessTokens;
  readonly services: Services;
  readonly origins: Origins;
  readonly log: Log;
}

export function createGraphQLEndpoint({ config, orm, tokens, services, origins, log }: GraphQLParts) {
  const { clock } = services;
  const clientOf = clientsBehind(config.trustedProxies, config.forwardedHeader);
  const setCookies = new WeakMap<Request, string[]>();

  async function context({ request, req }: { request: Request } & NodeContext): Promise<GraphQLContext> {
    const em = orm.em.fork();
    const cookies = readSessionCookies(request.headers, (origin) => origins.allows(origin));
    const token = bearerToken(request.headers.get('authorization')) ?? cookies.accessToken;
    const identified = await identifyCaller(token, { tokens, em, now: clock.now() });
    const setCookie = (value: string): void => {
      setCookies.set(request, [...(setCookies.get(request) ?? []), value]);
    };
    return {
      services,
      isUrlQuery: request.method === 'GET',
      budget: RequestBudget.of(request),
      em,
      client: clientOf(req),
      locale: localeOf(req.headers['accept-language']),
      deviceToken: cookies.deviceToken,
      ...identified,
      delivery: sessionDelivery(cookies, setCookie, () => clock.now()),
    };
  }

  const sendCookies: Plugin = {
    onResponse({ request, response }) {
      for (const value of setCookies.get(request) ?? []) response.headers.append('set-cookie', value);
    },
  };

  return createYoga<NodeContext, GraphQLContext>({
    schema,
    context,
    graphqlEndpoint: '/graphql',
    landingPage: false,
    graphiql: false, // served by graphiql.ts, without a CDN
    batching: { limit: LIMITS.batch },
    multipart: false,
    maxRequestBodySize: false, // http.ts limits it before the body is read
    parserAndValidationCache: { documentCache: new DocumentCache(), errorCache: NO_CACHE },
    cors: false, // origins.ts sets the headers on every response of this path
    maskedErrors: { maskError: clientError, isDev: false },
    logging: {
      debug: () => {},
      info: () => {},
      warn: (...messages) =>
        log.warn({ messages: messages.filter((one) => typeof one === 'string') }, 'graphql'),
      error: (error) => logFailure(log, error),
    },
    plugins: [
      useStrictRequests(),
      useCSRFPrevention({ requestHeaders: [SESSION_HEADER, 'x-graphql-yoga-csrf'] }),
      useBoundedDocuments({
        schema,
        introspection: config.introspection,
        hideSuggestions: config.production || !config.introspection,
      }),
      // Guards run before variables are checked, so that a refused caller learns nothing about arguments.
      useStepUp(authContextOf, { consumeProof }),
      useSafeVariables(),
      useExpectedErrors(),
      useTypedErrors(log),
      sendCookies,
    ],
  });
}
