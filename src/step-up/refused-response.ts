// What a refusal changes about an HTTP response: the status and the header `WWW-Authenticate`.
import type { ExecutionResult } from 'graphql';
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

function refuseWhole(result: ExecutionResult): void {
  const refusals = refusalsIn(result);
  const [first] = result.errors ?? [];
  if ('data' in result || refusals.length === 0 || first === undefined) return;
  const isForbidden = refusals.every((one) => one.refusal.code === 'FORBIDDEN');
  first.extensions['http'] = { status: isForbidden ? 403 : 401, spec: true };
}

function refusalsIn({ errors = [] }: ExecutionResult): RefusalError[] {
  return errors.flatMap((error) => refusalBehind(error) ?? []);
}
