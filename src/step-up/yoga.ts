// The guards of a whole operation, as a plugin of Yoga: a mutation is refused before any of its fields has run, and
// every response with a refusal says so in its status and its header.
import { type ExecutionResult, type GraphQLError, getOperationAST, locatedError } from 'graphql';
import { isAsyncIterable, type Plugin } from 'graphql-yoga';
import type { Requirement } from '../policy/requirement.ts';
import { boundDemands, type ConsumeProof, hasBoundFields, useProofs } from './bound-proof.ts';
import { beginOperation, type Decisions } from './decisions.ts';
import { type GuardedField, guardedFields } from './operation.ts';
import { challengeHeader, refusalBehind } from './refusal-error.ts';
import type { FindStanding } from './standing.ts';

export interface StepUpOptions<Context> {
  /** Without it, whatever demands a proof that is bound to its operation is refused. */
  readonly consumeProof?: ConsumeProof<Context> | undefined;
}

/**
 * For a schema whose fields `enforce` guards: it completes what a single field cannot do.
 *
 * @param find the function that the schema was given, so that both decide as one.
 */
export function useStepUp<Context>(
  find: FindStanding<Context>,
  { consumeProof }: StepUpOptions<Context> = {},
): Plugin {
  const challenges = new WeakMap<Request, string>();
  return {
    onExecute({ args, setResultAndStopExecution }) {
      const context = args.contextValue as unknown as Context;
      const decisions = beginOperation(context, find);
      const type = getOperationAST(args.document, args.operationName)?.operation;
      const isMutation = type === 'mutation';
      const mayUseProofs = consumeProof !== undefined && hasBoundFields(args.schema);
      // A query is refused field by field: it is looked through only when a field in it may need a bound proof.
      if (!isMutation && !mayUseProofs) return undefined;
      const fields = guardedFields(args);
      const refuseMutation = (): void => {
        const errors = isMutation ? refusedFields(fields, decisions) : [];
        if (errors.length > 0) setResultAndStopExecution({ errors });
      };
      const demands = mayUseProofs ? boundDemands(fields, decisions, isMutation) : [];
      if (!mayUseProofs || demands.length === 0) return refuseMutation();
      const consume = (digest: string, demand: Requirement) => consumeProof(context, digest, demand);
      return useProofs(args, demands, decisions, consume).then(refuseMutation);
    },
    onResultProcess({ request, result }) {
      const batch = Array.isArray(result) ? result : [result];
      const results: ExecutionResult[] = batch.flatMap((one) => (isAsyncIterable(one) ? [] : one));
      for (const one of results) refuseWhole(one);
      const header = challengeHeader(results.flatMap(refusalsIn));
      if (header !== null) challenges.set(request, header);
    },
    onResponse({ request, response }) {
      const header = challenges.get(request);
      if (header !== undefined) response.headers.set('WWW-Authenticate', header);
    },
  };
}

/** Every guarded field of a mutation that the caller may not reach. Queries are refused field by field. */
function refusedFields(fields: readonly GuardedField[], decisions: Decisions): GraphQLError[] {
  const errors = new Map<string, GraphQLError>();
  for (const { node, path, guards } of fields) {
    const at = path.join('.'); // one error for a field of an interface, however many types implement it
    const refusal = decisions.refusal(guards);
    if (refusal !== null) errors.set(at, locatedError(refusal, node, path));
  }
  return [...errors.values()];
}

/**
 * Nothing of the operation has run: then the status says so as well. Yoga takes it from an error's `http` extension,
 * which it leaves out of the body; `spec` keeps 200 for clients that accept only `application/json`.
 */
function refuseWhole(result: ExecutionResult): void {
  const refusals = refusalsIn(result);
  const [first] = result.errors ?? [];
  if ('data' in result || refusals.length === 0 || first === undefined) return;
  const isForbidden = refusals.every((one) => one.refusal.code === 'FORBIDDEN');
  first.extensions['http'] = { status: isForbidden ? 403 : 401, spec: true };
}

function refusalsIn({ errors = [] }: ExecutionResult) {
  return errors.flatMap((error) => refusalBehind(error) ?? []);
}
