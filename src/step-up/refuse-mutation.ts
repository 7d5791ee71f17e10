// A mutation is refused whole: before any of its fields has run, every guarded one among them is decided.
import { type GraphQLError, getOperationAST, locatedError } from 'graphql';
import { beginOperation } from './decisions.ts';
import { guardedFields, type OperationToRun } from './operation.ts';
import type { FindStanding } from './standing.ts';

/**
 * To be called when an operation is about to run, by a server that has no plugin here. An operation with errors must
 * not run; they are its answer. Queries are refused field by field.
 */
export function refuseMutation<Context>(
  operation: OperationToRun,
  context: Context,
  find: FindStanding<Context>,
): GraphQLError[] {
  const decisions = beginOperation(context, find);
  if (getOperationAST(operation.document, operation.operationName)?.operation !== 'mutation') return [];
  const errors = new Map<string, GraphQLError>();
  for (const { node, path, guards } of guardedFields(operation)) {
    const at = path.join('.'); // one error for a field of an interface, however many types implement it
    const refusal = decisions.refusal(guards);
    if (refusal !== null) errors.set(at, locatedError(refusal, node, path));
  }
  return [...errors.values()];
}
