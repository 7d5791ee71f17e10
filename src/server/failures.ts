// What clients learn about server failures: that the database is unavailable, or the request id to look up in the log.
// They never see the original message, which may contain anything.
import { GraphQLError } from 'graphql';
import { isContention, isUnavailable } from '../persistence/failure.ts';
import type { Log } from '../platform/log.ts';
import { currentRequestId } from '../platform/request-id.ts';

/** HTTP 503: the client can retry the same request when the database is back. */
export const UNAVAILABLE = {
  status: 503,
  code: 'UNAVAILABLE',
  message: 'The database is unavailable. Try again in a moment.',
  retryAfterSeconds: 5,
} as const;

/** Returns the same error if the client may see it. */
export function clientError(error: unknown): GraphQLError {
  const original = originalOf(error);
  if (isUnavailable(original)) {
    const { status, code, retryAfterSeconds } = UNAVAILABLE;
    const http = { status, headers: { 'retry-after': String(retryAfterSeconds) } };
    return located(error, UNAVAILABLE.message, { code, retryAfterSeconds, http });
  }
  if (isContention(original)) {
    return located(error, 'Other requests changed the same data at the same time. Try again.', {
      code: 'CONFLICT',
    });
  }
  if (error instanceof GraphQLError && original instanceof GraphQLError) return error;
  const requestId = currentRequestId();
  return located(error, 'Unexpected error.', { code: 'INTERNAL_SERVER_ERROR', requestId, unexpected: true });
}

export function logFailure(log: Log, error: unknown): void {
  const original = originalOf(error);
  if (!isUnavailable(original)) return log.error({ err: error }, 'unexpected error');
  // Every request logs this during an outage, so the line has no stack trace.
  const { message, code } = original as Error & { code?: string };
  log.warn({ error: code ?? message }, 'the database is unavailable');
}

function originalOf(error: unknown): unknown {
  return error instanceof GraphQLError && error.originalError !== undefined
    ? originalOf(error.originalError)
    : error;
}

function located(error: unknown, message: string, extensions: Record<string, unknown>): GraphQLError {
  const at = error instanceof GraphQLError ? { nodes: error.nodes ?? null, path: error.path ?? null } : {};
  return new GraphQLError(message, { ...at, extensions });
}
