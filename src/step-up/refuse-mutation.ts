// A mutation is refused as a whole: every guarded field is decided before any field runs.
import { type GraphQLError, getOperationAST, locatedError } from 'graphql';
import { assertGuarded } from './assert-guarded.ts';
import type { FindAuthContext } from './auth-context.ts';
import { beginOperation, type Decisions } from './decisions.ts';
import { type GuardedField, guardedFields, type OperationToRun, rootFields } from './operation.ts';
import { RefusalError } from './refusal-error.ts';

/**
 * Refuses a mutation as a whole. Call it before each operation runs, in a server that cannot use `useStepUp`. If it
 * returns errors, do not run the operation and send the errors as the response. For other operations it returns no
 * errors: their fields are refused one by one. A field with `bind: OPERATION` is always refused, because only
 * `useStepUp` can consume a bound proof.
 *
 * @param context the operation's context.
 * @param find reads who is asking from the context: the same function that guards the schema.
 * @throws {UnguardedError} when a field has a directive that nothing enforces.
 */
export function refuseMutation<Context>(
  operation: OperationToRun,
  context: Context,
  find: FindAuthContext<Context>,
): GraphQLError[] {
  assertGuarded(operation.schema);
  const isWhole = isMutation(operation);
  const decisions = beginOperation(context, find, isWhole);
  return isWhole ? refusedWhole(operation, guardedFields(operation), decisions) : [];
}

export function isMutation({ document, operationName }: OperationToRun): boolean {
  return getOperationAST(document, operationName)?.operation === 'mutation';
}

/** An error for each guarded field that the caller may not use. If there is any, no field of the operation runs. */
export function refusedWhole(
  operation: OperationToRun,
  fields: readonly GuardedField[],
  decisions: Decisions,
): GraphQLError[] {
  const errors = new Map<string, GraphQLError>();
  for (const { node, path, guards } of fields) {
    const at = path.join('.'); // one error for an interface's field, however many types implement it
    const refusal = decisions.refusal(guards);
    if (refusal === null) continue;
    const whole = new RefusalError(refusal.refusal, refusal.fault, rootFields(operation));
    errors.set(at, locatedError(whole, node, path));
  }
  return [...errors.values()];
}
