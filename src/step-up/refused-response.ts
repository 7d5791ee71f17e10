// What a refusal changes about an HTTP response: the status and the header `WWW-Authenticate`.
import type { ExecutionResult, GraphQLError } from 'graphql';
import { challengeHeader, type RefusalError, refusalBehind } from './refusal-error.ts';

/**
 * Sets the HTTP status of each result of which no part has run. Yoga reads it from an error's `http` extension, which it
 * leaves out of the body. `spec` keeps status 200 for clients that accept only `application/json`.
 *
 * @returns the value of `WWW-Authenticate` for all results of a request. Null if nothing was refused.
 */
export function challengeOf(results: readonly ExecutionResult[]): string | null {
  for (const one of results) refuseWhole(one);
  return challengeHeader(results.flatMap(refusalsIn));
}

/** What refusals change about an HTTP response. */
export interface RefusedResponse {
  /** The status. Null if it stays as it is. */
  readonly status: 401 | 403 | null;
  /** The value of `WWW-Authenticate`. Null if there is none. */
  readonly challenge: string | null;
}

/** Options of `refusedResponse`. */
export interface RefusedResponseOptions {
  /** Whether the operation was refused before any of its fields ran. Otherwise the status stays as it is. */
  readonly ranNothing: boolean;
  /** The `Accept` header. The status stays 200 for clients that accept only `application/json`. */
  readonly accept: string | null | undefined;
}

/**
 * What refusals change about an HTTP response, for a server that cannot use `useStepUp`.
 *
 * @param errors the errors of one result, before the server formats them.
 */
export function refusedResponse(
  errors: readonly GraphQLError[],
  { ranNothing, accept }: RefusedResponseOptions,
): RefusedResponse {
  const refusals = refusalsIn({ errors });
  const hasStatus = ranNothing && refusals.length > 0 && (accept?.includes(SPEC) ?? false);
  return { status: hasStatus ? statusOf(refusals) : null, challenge: challengeHeader(refusals) };
}

const SPEC = 'application/graphql-response+json';

function statusOf(refusals: readonly RefusalError[]): 401 | 403 {
  return refusals.every((one) => one.refusal.code === 'FORBIDDEN') ? 403 : 401;
}

function refuseWhole(result: ExecutionResult): void {
  const refusals = refusalsIn(result);
  const [first] = result.errors ?? [];
  if ('data' in result || refusals.length === 0 || first === undefined) return;
  first.extensions['http'] = { status: statusOf(refusals), spec: true };
}

function refusalsIn({ errors = [] }: Pick<ExecutionResult, 'errors'>): RefusalError[] {
  return errors.flatMap((error) => refusalBehind(error) ?? []);
}
