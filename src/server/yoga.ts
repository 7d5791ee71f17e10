// What Yoga serves: queries in a URL, responses that are not JSON, and errors of requests that no operation can be read
// from. Loaded when the first such request arrives.
import { useCSRFPrevention } from '@graphql-yoga/plugin-csrf-prevention';
import { type ExecutionResult, type GraphQLSchema } from 'graphql';
import { createYoga, type Plugin } from 'graphql-yoga';
import { LIMITS } from '../graphql/limits.ts';
import type { Log } from '../platform/log.ts';
import { SESSION_HEADER } from './cookies.ts';
import { clientError, logFailure } from './failures.ts';
import { acceptable } from './media-types.ts';
import type { Exchange, Operations } from './operations.ts';
import { checkRequest, readBody, readQuery } from './requests.ts';
import { jsonResponse } from './responses.ts';
import { isStream } from './result-stream.ts';

interface YogaParts {
  readonly schema: GraphQLSchema;
  readonly operations: Operations;
  readonly log: Log;
}

export function yogaOf({ schema, operations, log }: YogaParts) {
  return createYoga<Exchange>({
    schema,
    graphqlEndpoint: '/graphql',
    landingPage: false,
    graphiql: false, // served by graphiql.ts, without a CDN
    batching: { limit: LIMITS.batch },
    multipart: false,
    maxRequestBodySize: false, // http.ts limits it before the body is read
    parserAndValidationCache: false, // documents.ts caches
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
      useOperations(operations),
      useJson(),
    ],
  });
}

function useStrictRequests(): Plugin<object, Exchange> {
  return {
    onRequestParse({ serverContext, setRequestParser }) {
      const { req } = serverContext;
      checkRequest(req);
      setRequestParser(async () => {
        const params = req.method === 'GET' ? readQuery(req.url ?? '') : await readBody(req);
        serverContext.isBatch = Array.isArray(params);
        return params;
      });
    },
  };
}

/** Runs operations as they run without Yoga. */
function useOperations(operations: Operations): Plugin<object, Exchange> {
  return {
    async onParams({ params, context, setParams, setResult }) {
      setResult(await operations.run(params, context));
      setParams({ query: '' }); // `run` has checked them
    },
    onResultProcess({ result, serverContext }) {
      if (!isStream(result))
        operations.complete(result as ExecutionResult | ExecutionResult[], serverContext);
    },
  };
}

function useJson(): Plugin<object, Exchange> {
  return {
    onResultProcess({ result: done, serverContext: { req }, setResultProcessor }) {
      if (isStream(done)) return;
      const { json, stream } = acceptable(req.headers.accept);
      if (json === null && stream) return;
      const type = json ?? 'application/json';
      setResultProcessor((result, { Response }) => {
        const { body, ...init } = jsonResponse(result as ExecutionResult | ExecutionResult[], type);
        return new Response(body, init);
      }, type);
    },
  };
}
