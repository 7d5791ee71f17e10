// Executes the operations of a Grafast schema without the fields that the caller may not use, and says in the result that they
// were refused.
import {
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  type GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  locatedError,
  type OperationDefinitionNode,
} from 'graphql';
import { assertGuarded } from '../assert-guarded.ts';
import { type Decisions, decisionsOf, newDecisions } from '../decisions.ts';
import { type GuardedField, guardedFields, type OperationToRun } from '../operation.ts';
import { renew } from '../presented.ts';
import { RefusalError } from '../refusal-error.ts';
import { refusedWhole } from '../refuse-mutation.ts';
import { guardedEvents, isIterable } from '../subscription.ts';
import { completeResult } from './complete-result.ts';
import { allowPlans, type GuardPlansOptions } from './guard-plans.ts';
import { type RefusedFields, refusedFields, withoutRefused } from './refused-fields.ts';

/** Grafast's `execute` and `subscribe`, or functions that call them. */
export interface Executor {
  execute(args: ExecutionArgs): unknown;
  subscribe(args: ExecutionArgs): unknown;
}

/** The functions of an executor, with guards. */
export interface GuardedExecutor {
  execute(args: ExecutionArgs): Promise<ExecutionResult>;
  subscribe(args: ExecutionArgs): Promise<ExecutionResult | AsyncIterableIterator<ExecutionResult>>;
}

/**
 * Executes operations of a schema that `guardPlans` has guarded. A mutation is refused whole. A query runs without its
 * refused fields, which are null in its result. A subscription ends with the first event that is refused.
 */
export function guardedExecutor<Context>(
  executor: Executor,
  { authContext: find }: GuardPlansOptions<Context>,
): GuardedExecutor {
  return {
    async execute(args) {
      const { operation, fields } = prepared(args);
      if (operation === null) return (await executor.execute(args)) as ExecutionResult;
      const decisions = decisionsOf(args.contextValue as Context, find);
      const errors = operation.operation === 'mutation' ? refusedWhole(args, fields, decisions) : [];
      if (errors.length > 0) return { errors };
      const refused = refusedFields(fields, decisions);
      const document = documentFor(args, operation, refused);
      const result = await executor.execute({ ...args, document, ...AS_OBJECT });
      if (isIterable(result)) throw new TypeError('The executor returned its result in parts.');
      return completeResult(args, operation, refused, result as ExecutionResult);
    },
    async subscribe(args) {
      const { operation, fields } = prepared(args);
      if (operation === null) return (await executor.subscribe(args)) as ExecutionResult;
      const context = args.contextValue as Context;
      const decisions = newDecisions(context, find);
      const errors = refusedRoots(fields, decisions);
      if (errors.length > 0) return { errors };
      const first = refusedFields(fields, decisions);
      const source = await executor.subscribe({
        ...args,
        document: documentFor(args, operation, first),
        ...AS_OBJECT,
      });
      if (!isIterable(source)) return source as ExecutionResult;
      const decide = async (event: unknown) => {
        try {
          if (fields.length > 0) await renew(context);
          const now = newDecisions(context, find);
          const refused = new Map([...first, ...refusedFields(fields, now)]);
          const value = completeResult(args, operation, refused, event as ExecutionResult);
          return { value, isLast: refusedRoots(fields, now).length > 0 };
        } catch {
          return { value: { data: null, errors: [new RefusalError(LOST)] }, isLast: true };
        }
      };
      return guardedEvents(source, decide) as AsyncIterableIterator<ExecutionResult>;
    },
  };
}

/** Who is asking could not be found out again. */
const LOST = {
  code: 'UNAUTHENTICATED',
  remedy: 'SIGN_IN',
  acrValues: null,
  maxAge: null,
  accept: null,
  require: null,
  bind: null,
  lastVerifiedAt: null,
} as const;

/** An option of Grafast: a text could not be completed. */
const AS_OBJECT = { outputDataAsString: false };

function prepared(args: ExecutionArgs): {
  readonly operation: OperationDefinitionNode | null;
  readonly fields: readonly GuardedField[];
} {
  assertGuarded(args.schema);
  const operation = getOperationAST(args.document, args.operationName) ?? null;
  return { operation, fields: guardedFields(args) };
}

function refusedRoots(fields: readonly GuardedField[], decisions: Decisions): GraphQLError[] {
  const roots = fields.filter(({ path }) => path.length === 1);
  return roots.flatMap(({ node, path, guards }) => {
    const refusal = decisions.refusal(guards);
    return refusal === null ? [] : locatedError(refusal, node, path);
  });
}

/** Grafast keeps the plan of an operation by its object, so the same document is used again. */
const documents = new WeakMap<GraphQLSchema, WeakMap<DocumentNode, Map<string, DocumentNode>>>();

/** How many different sets of refused fields are kept for one document. */
const MOST_DOCUMENTS = 50;

function documentFor(
  { schema, document, operationName }: OperationToRun,
  operation: OperationDefinitionNode,
  refused: RefusedFields,
): DocumentNode {
  const ofSchema = documents.get(schema) ?? new WeakMap<DocumentNode, Map<string, DocumentNode>>();
  documents.set(schema, ofSchema);
  const kept = ofSchema.get(document) ?? new Map<string, DocumentNode>();
  ofSchema.set(document, kept);
  const key = JSON.stringify([operationName ?? null, [...refused.keys()].toSorted()]);
  const known = kept.get(key);
  if (known !== undefined) return known;
  const pruned = withoutRefused(schema, document, operation, refused);
  const planned = getOperationAST(pruned, operationName);
  if (planned) allowPlans(planned);
  if (kept.size >= MOST_DOCUMENTS) kept.clear();
  kept.set(key, pruned);
  return pruned;
}
