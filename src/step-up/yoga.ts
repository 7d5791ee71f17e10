// The guards of a whole operation, as a plugin of Yoga and Envelop: a mutation is refused before any of its fields
// has run, and every response with a refusal carries the challenge header.
import { type ExecutionArgs, isAsyncIterable, type Plugin } from '@envelop/core';
import { type ExecutionResult, getOperationAST } from 'graphql';
import { refuse } from './guard.ts';
import { guardedFields } from './operation.ts';
import { challengeHeader, RefusalError } from './refusal-error.ts';
import type { FindStanding } from './standing.ts';

/** For a schema whose fields `enforce` guards: it completes what a single field cannot do. */
export function useStepUp<Context>(find: FindStanding<Context>): Plugin {
  return {
    onExecute({ args, setResultAndStopExecution }) {
      const refusals = refusedFields(args, find);
      if (refusals.length > 0) {
        setResultAndStopExecution(withChallenge({ errors: refusals }, refusals, 401));
        return undefined;
      }
      return {
        onExecuteDone({ result, setResult }) {
          if (isAsyncIterable(result)) return;
          const raised = (result.errors ?? []).flatMap((error) =>
            error.originalError instanceof RefusalError ? [error.originalError] : [],
          );
          if (raised.length > 0) setResult(withChallenge(result, raised));
        },
      };
    },
  };
}

/** Every guarded field of a mutation that the caller may not reach. Queries are refused field by field. */
function refusedFields<Context>(args: ExecutionArgs, find: FindStanding<Context>): RefusalError[] {
  const operation = getOperationAST(args.document, args.operationName);
  if (operation?.operation !== 'mutation') return [];
  const { standing, fault, now } = find(args.contextValue as Context);
  return guardedFields(args.schema, args.document, operation, args.variableValues ?? {}).flatMap((field) => {
    const refusal = refuse(field.guards, standing, now);
    return refusal === null ? [] : [new RefusalError(refusal, fault, field.path)];
  });
}

/**
 * Yoga takes the response's header and status from an error's `http` extension and leaves it out of the body;
 * `spec` keeps status 200 for clients that accept only `application/json`.
 */
function withChallenge(
  result: ExecutionResult,
  refusals: readonly RefusalError[],
  status?: number,
): ExecutionResult {
  const header = challengeHeader(refusals);
  const isForbidden = refusals.every((one) => one.refusal.code === 'FORBIDDEN');
  const [first] = result.errors ?? [];
  if (first !== undefined) {
    first.extensions['http'] = {
      ...(status === undefined ? {} : { status: isForbidden ? 403 : status, spec: true }),
      headers: header === null ? {} : { 'WWW-Authenticate': header },
    };
  }
  return result;
}
