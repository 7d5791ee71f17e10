// A mutation is refused whole: before any of its fields has run, every guarded one among them is decided.
import { type GraphQLError, getOperationAST, locatedError } from 'graphql';
import { assertGuarded } from './assert-guarded.ts';
import { beginOperation, type Decisions } from './decisions.ts';
import { type GuardedField, guardedFields, type OperationToRun, rootFields } from './operation.ts';
import { RefusalError } from './refusal-error.ts';
import type { FindStanding } from './standing.ts';

/**
 * To be called when an operation is about to run, by a server that has no plugin here. An operation with errors must
 * not run; they are its answer. Queries are refused field by field. What demands a proof that is bound to its operation
 * is always refused here: only `useStepUp` can use one up.
 */
export function refuseMutation<Context>(
  operation: OperationToRun,
  context: Context,
  find: FindStanding<Context>,
): GraphQLError[] {
  assertGuarded(operation.schema);
  const isWhole = isMutation(operation);
  const decisions = beginOperation(context, find, isWhole);
  return isWhole ? refusedWhole(operation, guardedFields(operation), decisions) : [];
}

export function isMutation({ document, operationName }: OperationToRun): boolean {
  return getOperationAST(document, operationName)?.operation === 'mutation';
}

/** Every guarded field that the caller may not reach. Where there is one, none of the operation's fields runs. */
export function refusedWhole(
  operation: OperationToRun,
  fields: readonly GuardedField[],
  decisions: Decisions,
): GraphQLError[] {
  const errors = new Map<string, GraphQLError>();
  for (const { node, path, guards } of fields) {
    const at = path.join('.'); // one error for a field of an interface, however many types implement it
    const refusal = decisions.refusal(guards);
    if (refusal === null) continue;
    const whole = new RefusalError(refusal.refusal, refusal.fault, rootFields(operation));
    errors.set(at, locatedError(whole, node, path));
  }
  return [...errors.values()];
}
