// The guards of a whole operation, as a plugin of Yoga and of any other server that Envelop's plugins extend: a mutation
// is refused before any of its fields has run. With Yoga, which also answers the HTTP request, every response with a
// refusal says so in its status and its header.
import type { ExecutionResult, GraphQLSchema } from 'graphql';
import type { Requirement } from '../policy/requirement.ts';
import { assertGuarded } from './assert-guarded.ts';
import { boundDemands, type ConsumeProof, hasBoundFields, useProofs } from './bound-proof.ts';
import { beginOperation, endOperation } from './decisions.ts';
import { guardedFields, type OperationToRun } from './operation.ts';
import { challengeHeader, refusalBehind } from './refusal-error.ts';
import { isMutation, refusedWhole } from './refuse-mutation.ts';
import type { FindStanding } from './standing.ts';

export interface StepUpOptions<Context> {
  /** Without it, whatever demands a proof that is bound to its operation is refused. */
  readonly consumeProof?: ConsumeProof<Context> | undefined;
}

/** A plugin of either: what only Yoga calls, others leave alone. */
export interface StepUpPlugin {
  onSchemaChange(changed: { readonly schema: GraphQLSchema }): void;
  onExecute(execution: {
    readonly args: OperationToRun & { readonly contextValue?: unknown };
    readonly setResultAndStopExecution: (result: ExecutionResult) => void;
  }): undefined | Execution | Promise<undefined | Execution>;
  onResultProcess(processed: { readonly request: Request; readonly result: unknown }): void;
  onResponse(responded: { readonly request: Request; readonly response: Response }): void;
}

interface Execution {
  onExecuteDone(done: { readonly result: unknown }): undefined | { onEnd(): void };
}

/**
 * For a schema whose fields `enforce` guards: it completes what a single field cannot do.
 *
 * @param find the function that the schema was given, so that both decide as one.
 */
export function useStepUp<Context>(
  find: FindStanding<Context>,
  { consumeProof }: StepUpOptions<Context> = {},
): StepUpPlugin {
  const challenges = new WeakMap<Request, string>();
  return {
    // The schema may come later than the plugin, and another one may come after it.
    onSchemaChange: ({ schema }) => assertGuarded(schema),
    onExecute({ args, setResultAndStopExecution }) {
      assertGuarded(args.schema);
      const context = args.contextValue as Context;
      const isWhole = isMutation(args);
      const decisions = beginOperation(context, find, isWhole);
      const end = (): void => endOperation(context);
      const mayUseProofs = consumeProof !== undefined && !decisions.isShared && hasBoundFields(args.schema);
      // A query is refused field by field: it is looked through only when a field in it may need a bound proof.
      if (!isWhole && !mayUseProofs) return untilDone(end);
      const fields = guardedFields(args);
      const refuse = (): undefined | Execution => {
        const errors = isWhole ? refusedWhole(args, fields, decisions) : [];
        if (errors.length === 0) return untilDone(end);
        end();
        setResultAndStopExecution({ errors });
      };
      const demands = mayUseProofs ? boundDemands(fields, decisions, isWhole) : [];
      if (!mayUseProofs || demands.length === 0) return refuse();
      const consume = (digest: string, demand: Requirement) => consumeProof(context, digest, demand);
      return useProofs(args, demands, decisions, consume).then(refuse);
    },
    onResultProcess({ request, result }) {
      const batch: unknown[] = Array.isArray(result) ? result : [result];
      const results = batch.filter(isResult);
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

/** What is deferred or streamed runs on after the first result. */
function untilDone(end: () => void): Execution {
  return {
    onExecuteDone({ result }) {
      if (isStream(result)) return { onEnd: end };
      end();
    },
  };
}

function isStream(result: unknown): boolean {
  return typeof result === 'object' && result !== null && Symbol.asyncIterator in result;
}

/** No stream of results, whose headers are gone. */
function isResult(result: unknown): result is ExecutionResult {
  return typeof result === 'object' && result !== null && !isStream(result);
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
