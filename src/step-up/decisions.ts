// The decisions of one operation. Each list of guards is evaluated once, however many fields share it. The decisions of
// a mutation last until it is over. Operations that may run for long are decided again as time passes.
import type { GraphQLResolveInfo } from 'graphql';
import type { FactorKind } from '../policy/factor-kind.ts';
import { type Requirement, StepUpBind } from '../policy/requirement.ts';
import type { FindAuthContext, Presented } from './auth-context.ts';
import { type Guard, refuse } from './guard.ts';
import { Pass } from './pass.ts';
import { present } from './presented.ts';
import { RefusalError } from './refusal-error.ts';
import { refusalAt } from './step-up-elsewhere.ts';

/** A streamed list may run for as long as a subscription. */
const LONGEST_MILLISECONDS = 1000;

export class Decisions {
  readonly #find: () => Presented;
  readonly #lasts: boolean;
  readonly #made = new Map<readonly Guard[], RefusalError | null>();
  /** Requirements as JSON: the same requirement may be read from a copy of the schema. */
  readonly #approved = new Set<string>();
  readonly #isApproved = (demand: Requirement): boolean =>
    this.#approved.size > 0 && this.#approved.has(JSON.stringify(demand));
  #isShared = false;
  #caller: { readonly presented: Presented; readonly at: number } | undefined;
  #pass: Pass | undefined;

  /**
   * @param find called at the first guarded field. Not called for an operation without one.
   * @param lasts whether decisions hold until the operation is over.
   */
  constructor(find: () => Presented, lasts = false) {
    this.#find = find;
    this.#lasts = lasts;
  }

  /** Null when the caller may use the field. */
  refusal(guards: readonly Guard[]): RefusalError | null {
    const { authContext, fault, now, stepUp } = this.#presented;
    const before = this.#made.get(guards);
    if (before !== undefined) return before;
    const refusal = refuse(guards, authContext, now, this.#isApproved);
    const made = refusal === null ? null : new RefusalError(refusalAt(stepUp, refusal), fault);
    this.#made.set(guards, made);
    return made;
  }

  /** Whether all guards are met, except those that need a proof bound to the operation. */
  needsOnlyBoundProof(guards: readonly Guard[]): boolean {
    const { authContext, now } = this.#presented;
    const others = guards.filter(
      (guard) => guard.directive !== 'stepUp' || guard.requirement.bind !== StepUpBind.OPERATION,
    );
    return authContext !== null && refuse(others, authContext, now) === null;
  }

  /** Records that bound proofs have been consumed for these requirements. */
  approve(demands: readonly Requirement[]): void {
    if (this.#isShared) return;
    for (const demand of demands) this.#approved.add(JSON.stringify(demand));
    this.#forget();
  }

  /** Another operation runs with the same context. A proof for one of them must not open the other. */
  share(): void {
    this.#isShared = true;
    this.#approved.clear();
    this.#forget();
  }

  get isShared(): boolean {
    return this.#isShared;
  }

  /** The second factors of the caller. Undefined when there are none. */
  get enrolled(): readonly FactorKind[] | undefined {
    const enrolled = this.#presented.authContext?.enrolled ?? [];
    return enrolled.length > 0 ? enrolled : undefined;
  }

  /** For fields that are not refused: they pass again, for as long as these decisions hold. */
  passIn(context: unknown, execution: object): Pass {
    if (!this.#pass?.isFor(context, execution)) {
      this.#pass?.end();
      this.#pass = new Pass(context, execution);
    }
    this.#pass.extend();
    return this.#pass;
  }

  get #presented(): Presented {
    if (this.#caller !== undefined && this.#lasts) return this.#caller.presented;
    const at = performance.now();
    if (this.#caller === undefined || at - this.#caller.at >= LONGEST_MILLISECONDS) {
      this.#forget();
      this.#caller = { presented: this.#find(), at };
    }
    return this.#caller.presented;
  }

  #forget(): void {
    this.#made.clear();
    this.#pass?.end();
  }
}

interface Running {
  readonly find: unknown;
  readonly decisions: Decisions;
  /** How many operations are running with the context. */
  readonly count: number;
}

const running = new WeakMap<object, Running>();

/**
 * Begins an operation, whose fields share their decisions. Calling it again forgets earlier decisions.
 *
 * @param lasts whether decisions hold until the operation is over.
 */
export function beginOperation<Context>(
  context: Context,
  find: FindAuthContext<Context>,
  lasts = false,
): Decisions {
  const decisions = new Decisions(() => present(context, find), lasts);
  if (!isObject(context)) return decisions;
  const others = running.get(context);
  if (others !== undefined) {
    others.decisions.share();
    decisions.share();
  }
  running.set(context, { find, decisions, count: (others?.count ?? 0) + 1 });
  return decisions;
}

/** Ends an operation that was begun with this context. */
export function endOperation(context: unknown): void {
  const begun = isObject(context) ? running.get(context) : undefined;
  if (begun === undefined) return;
  if (begun.count > 1) running.set(context as object, { ...begun, count: begun.count - 1 });
  else running.delete(context as object);
}

/** The decisions of the operation that was begun with this context. Without one, new decisions. */
export function decisionsOf<Context>(context: Context, find: FindAuthContext<Context>): Decisions {
  return begunWith(context, find) ?? newDecisions(context, find);
}

/** Decisions for one event of a subscription, independent of other operations with the same context. */
export function newDecisions<Context>(context: Context, find: FindAuthContext<Context>): Decisions {
  return new Decisions(() => present(context, find));
}

/**
 * Decides about one field.
 *
 * @returns a pass for the next fields of the same execution with these guards. Undefined when there is none.
 * @throws {RefusalError} when the caller may not use the field.
 */
export function admit<Context>(
  guards: readonly Guard[],
  context: Context,
  find: FindAuthContext<Context>,
  info: GraphQLResolveInfo,
): Pass | undefined {
  const kept = keptDecisions(context, find, info);
  const refusal = (kept ?? newDecisions(context, find)).refusal(guards);
  if (refusal !== null) throw refusal;
  return kept?.passIn(context, info.variableValues);
}

interface Execution {
  readonly context: unknown;
  readonly find: unknown;
  readonly decisions: Decisions;
}

/** By the variable values, which executors make anew each time they execute an operation. */
const executions = new WeakMap<object, Execution>();

/**
 * The decisions that fields share. Undefined for fields that are decided one by one: those of an event, because other
 * operations may use its context, and those of a mutation that was not decided before it ran, because one of its fields
 * may sign the user out.
 */
function keptDecisions<Context>(
  context: Context,
  find: FindAuthContext<Context>,
  { operation, variableValues }: GraphQLResolveInfo,
): Decisions | undefined {
  if (!isObject(variableValues) || operation.operation === 'subscription') return undefined;
  const begun = begunWith(context, find);
  if (begun !== undefined || operation.operation === 'mutation') return begun;
  const known = executions.get(variableValues);
  if (known?.context === context && known?.find === find) return known.decisions;
  const decisions = newDecisions(context, find);
  executions.set(variableValues, { context, find, decisions });
  return decisions;
}

function begunWith<Context>(context: Context, find: FindAuthContext<Context>): Decisions | undefined {
  const begun = isObject(context) ? running.get(context) : undefined;
  return begun?.find === find ? begun?.decisions : undefined;
}

function isObject(context: unknown): context is object {
  return typeof context === 'object' && context !== null;
}
