// The decisions of one operation. Each list of guards is weighed once, however many fields it stands before. A mutation
// that was let in does not grow stale between its fields; what goes on for longer is decided anew as time goes by.
import type { FactorKind } from '../policy/factor-kind.ts';
import { type Requirement, StepUpBind } from '../policy/requirement.ts';
import { type Guard, refuse } from './guard.ts';
import { present } from './presented.ts';
import { RefusalError } from './refusal-error.ts';
import type { FindStanding, Presented } from './standing.ts';

/** A list that is streamed may go on for as long as a subscription does. */
const LONGEST_MILLISECONDS = 1000;

export class Decisions {
  readonly #find: () => Presented;
  readonly #lasts: boolean;
  readonly #made = new Map<readonly Guard[], RefusalError | null>();
  /** By what they say: the same requirement may be read from a copy of the schema. */
  readonly #approved = new Set<string>();
  #isShared = false;
  #caller: { readonly presented: Presented; readonly at: number } | undefined;

  /**
   * @param find is called at the first guarded field, and not for an operation without one.
   * @param lasts whether what was decided holds until the operation is over.
   */
  constructor(find: () => Presented, lasts = false) {
    this.#find = find;
    this.#lasts = lasts;
  }

  /** Null when the caller may pass. */
  refusal(guards: readonly Guard[]): RefusalError | null {
    const { standing, fault, now } = this.#presented;
    const before = this.#made.get(guards);
    if (before !== undefined) return before;
    const refusal = refuse(guards, standing, now, (demand) => this.#approved.has(JSON.stringify(demand)));
    const made = refusal === null ? null : new RefusalError(refusal, fault);
    this.#made.set(guards, made);
    return made;
  }

  /** Whether nothing but a proof that is bound to the operation is missing, if anything is. */
  isLetPassOnceApproved(guards: readonly Guard[]): boolean {
    const { standing, now } = this.#presented;
    const others = guards.filter(
      (guard) => guard.directive !== 'stepUp' || guard.requirement.bind !== StepUpBind.OPERATION,
    );
    return standing !== null && refuse(others, standing, now) === null;
  }

  /** Proofs that were bound to this operation have been used up for these. */
  approve(demands: readonly Requirement[]): void {
    if (this.#isShared) return;
    for (const demand of demands) this.#approved.add(JSON.stringify(demand));
    this.#made.clear();
  }

  /** Its context serves another operation at the same time: what is approved for one must not let the other pass. */
  share(): void {
    this.#isShared = true;
    this.#approved.clear();
    this.#made.clear();
  }

  get isShared(): boolean {
    return this.#isShared;
  }

  /** The second factors of the caller, who has some; undefined otherwise. */
  get enrolled(): readonly FactorKind[] | undefined {
    const enrolled = this.#presented.standing?.enrolled ?? [];
    return enrolled.length > 0 ? enrolled : undefined;
  }

  get #presented(): Presented {
    const at = performance.now();
    if (this.#caller === undefined || (!this.#lasts && at - this.#caller.at >= LONGEST_MILLISECONDS)) {
      this.#made.clear();
      this.#caller = { presented: this.#find(), at };
    }
    return this.#caller.presented;
  }
}

interface Running {
  readonly find: unknown;
  readonly decisions: Decisions;
  /** How many operations have begun with the context and are not over. */
  readonly count: number;
}

const running = new WeakMap<object, Running>();

/**
 * An operation begins: from now on its fields are decided together. Called anew, it forgets what was decided.
 * @param lasts whether what is decided holds until the operation is over.
 */
export function beginOperation<Context>(
  context: Context,
  find: FindStanding<Context>,
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

/** An operation that has begun with this context is over. */
export function endOperation(context: unknown): void {
  const begun = isObject(context) ? running.get(context) : undefined;
  if (begun === undefined) return;
  if (begun.count > 1) running.set(context as object, { ...begun, count: begun.count - 1 });
  else running.delete(context as object);
}

/** Those of the operation that has begun with this context; without one, new ones. */
export function decisionsOf<Context>(context: Context, find: FindStanding<Context>): Decisions {
  const begun = isObject(context) ? running.get(context) : undefined;
  return begun?.find === find ? begun.decisions : newDecisions(context, find);
}

/** Of this moment: each event of a subscription is decided by itself, whatever else its context serves. */
export function newDecisions<Context>(context: Context, find: FindStanding<Context>): Decisions {
  return new Decisions(() => present(context, find));
}

function isObject(context: unknown): context is object {
  return typeof context === 'object' && context !== null;
}
