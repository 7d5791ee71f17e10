// The JSON response to an operation or a batch: status, headers and body. An error's extension `http` decides the status
// and adds headers, and is not sent.
import type { ExecutionResult, GraphQLError } from 'graphql';
import type { JsonType } from './media-types.ts';

export interface JsonResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

interface HttpExtension {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Whether the status is only for clients that accept `application/graphql-response+json` (GraphQL over HTTP). */
  readonly spec?: boolean;
}

/** A batch has status 200, because its operations fail independently of each other. */
export function jsonResponse(
  result: ExecutionResult | readonly ExecutionResult[],
  type: JsonType,
): JsonResponse {
  const headers = { 'content-type': `${type}; charset=utf-8` };
  if (isBatch(result)) return { status: 200, headers, body: `[${result.map(textOf).join(',')}]` };
  const { errors = [] } = result;
  const https = errors.flatMap(({ extensions }) => (extensions['http'] as HttpExtension | undefined) ?? []);
  const statuses = https.flatMap(({ status, spec }) =>
    status === undefined || (spec && type === 'application/json') ? [] : status,
  );
  const isUnexpected =
    !('data' in result) && errors.some(({ extensions }) => extensions['unexpected'] === true);
  return {
    status: Math.max(...statuses, statuses.length === 0 && isUnexpected ? 500 : 200),
    headers: Object.assign(headers, ...https.map((http) => http.headers)),
    body: textOf(result),
  };
}

function isBatch(result: ExecutionResult | readonly ExecutionResult[]): result is readonly ExecutionResult[] {
  return Array.isArray(result);
}

function textOf(result: ExecutionResult): string {
  const { errors } = result;
  return JSON.stringify(errors === undefined ? result : { ...result, errors: errors.map(shown) });
}

/** Removes the extensions that only the server reads. */
function shown(error: GraphQLError): object {
  const { extensions = {}, ...others } = error.toJSON();
  const { http: _http, unexpected: _unexpected, ...visible } = extensions;
  return Object.keys(visible).length > 0 ? { ...others, extensions: visible } : others;
}
