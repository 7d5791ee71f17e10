// Answers the common request without Yoga: JSON by POST, to a client that wants JSON and nothing else. Yoga's request and
// response objects would cost more than everything else that such a request needs.
import type { IncomingMessage } from 'node:http';
import type { ExecutionResult } from 'graphql';
import type { GraphQLParams } from 'graphql-yoga';
import { acceptable, type JsonType } from './media-types.ts';
import type { Exchange, Operations } from './operations.ts';
import { isJsonPost, readBody } from './requests.ts';
import { jsonResponse } from './responses.ts';
import type { Results } from './results.ts';

/** The type of the response, or null if Yoga must answer. */
export function directType(request: IncomingMessage): JsonType | null {
  // Pages of other origins cannot send this content type without a CORS preflight, so there is no other CSRF check.
  if (request.url !== '/graphql' || !isJsonPost(request)) return null;
  const { json, stream } = acceptable(request.headers.accept);
  return stream ? null : json;
}

export class DirectResponses {
  readonly #operations: Operations;
  readonly #results: Results;

  constructor(operations: Operations, results: Results) {
    this.#operations = operations;
    this.#results = results;
  }

  async answer(exchange: Exchange, type: JsonType): Promise<void> {
    const result = await this.#run(exchange).catch((error: unknown) => this.#results.failed(error));
    this.#operations.complete(result, exchange);
    const { res } = exchange;
    if (res.destroyed) return;
    const { status, headers, body } = jsonResponse(result, type);
    res.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) }).end(body);
  }

  async #run(exchange: Exchange): Promise<ExecutionResult | ExecutionResult[]> {
    const params = await readBody(exchange.req);
    // Without a client that accepts streams, no result is one.
    const run = (one: GraphQLParams) => this.#operations.run(one, exchange) as Promise<ExecutionResult>;
    return Array.isArray(params) ? Promise.all(params.map(run)) : run(params);
  }
}
