// The guards of a whole operation, as a plugin for Yoga and for other servers that take Envelop plugins. A mutation is
// refused before any of its fields runs. In Yoga, the plugin also sets the HTTP status and the header of a refusal.
import type { ExecutionResult, GraphQLSchema } from 'graphql';
import type { Requirement } from '../policy/requirement.ts';
import { assertGuarded } from './assert-guarded.ts';
import type { FindAuthContext } from './auth-context.ts';
import { boundDemands, type ConsumeProof, hasBoundFields, useProofs } from './bound-proof.ts';
import { beginOperation, endOperation } from './decisions.ts';
import { guardedFields, type OperationToRun } from './operation.ts';
import { isMutation, refusedWhole } from './refuse-mutation.ts';
import { challengeOf } from './refused-response.ts';

/** Options of `useStepUp`. */
export interface StepUpOptions<Context> {
  /** Consumes bound proofs. Without it, every field with `bind: OPERATION` is refused. */
  readonly consumeProof?: ConsumeProof<Context> | undefined;
  /** The schema that has the guards, if another one is executed: in a gateway, its supergraph. */
  readonly schema?: GraphQLSchema | undefined;
}

/** A plugin for Yoga and Envelop. Envelop ignores the hooks that only Yoga calls. */
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
 * Refuses mutations as a whole, consumes bound proofs, and sets the HTTP status and `WWW-Authenticate` header of
 * refusals. Use it with a schema that is guarded by `stepUpTransformer`, the Pothos plugin or `enforce`. The plugin
 * throws an `UnguardedError` when a field has a directive that nothing enforces.
 *
 * @param find reads who is asking from an operation's context: the same function that guards the schema.
 */
export function useStepUp<Context>(
  find: FindAuthContext<Context>,
  { consumeProof, schema: guarded }: StepUpOptions<Context> = {},
): StepUpPlugin {
  const challenges = new WeakMap<Request, string>();
  return {
    // The server may set its schema after the plugin is made, and may replace it later.
    onSchemaChange: ({ schema }) => assertGuarded(guarded ?? schema),
    onExecute({ args, setResultAndStopExecution }) {
      const run = guarded === undefined ? args : { ...args, schema: guarded };
      assertGuarded(run.schema);
      const context = args.contextValue as Context;
      const isWhole = isMutation(run);
      const decisions = beginOperation(context, find, isWhole);
      const end = (): void => endOperation(context);
      const mayUseProofs = consumeProof !== undefined && !decisions.isShared && hasBoundFields(run.schema);
      // The fields of a query are refused one by one, so it is searched only if a field may need a bound proof.
      if (!isWhole && !mayUseProofs) return untilDone(end);
      const fields = guardedFields(run);
      const refuse = (): undefined | Execution => {
        const errors = isWhole ? refusedWhole(run, fields, decisions) : [];
        if (errors.length === 0) return untilDone(end);
        end();
        setResultAndStopExecution({ errors });
      };
      if (!mayUseProofs) return refuse();
      const demands = boundDemands(fields, decisions, isWhole);
      if (demands.length === 0) return refuse();
      const consume = (digest: string, demand: Requirement) => consumeProof(context, digest, demand);
      return useProofs(run, demands, decisions, consume).then(refuse);
    },
    onResultProcess({ request, result }) {
      const batch: unknown[] = Array.isArray(result) ? result : [result];
      const header = challengeOf(batch.filter(isResult));
      if (header !== null) challenges.set(request, header);
    },
    onResponse({ request, response }) {
      const header = challenges.get(request);
      if (header !== undefined) response.headers.set('WWW-Authenticate', header);
    },
  };
}

/** Deferred and streamed parts run after the first result. */
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

/** Excludes a stream of results, whose headers are already sent. */
function isResult(result: unknown): result is ExecutionResult {
  return typeof result === 'object' && result !== null && !isStream(result);
}
