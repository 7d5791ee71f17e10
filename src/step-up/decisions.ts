// The decisions of one operation. Who is asking is found once, so that a mutation which was let in does not grow
// stale between its fields; and each list of guards is weighed once, however many fields it stands before.
import type { FactorKind } from '../policy/factor-kind.ts';
import { type Requirement, StepUpBind } from '../policy/requirement.ts';
import { type Guard, refuse } from './guard.ts';
import { RefusalError } from './refusal-error.ts';
import type { FindStanding, Presented } from './standing.ts';

export class Decisions {
  readonly #find: () => Presented;
  readonly #made = new Map<readonly Guard[], RefusalError | null>();
  /** By what they say: the same requirement may be read from a copy of the schema. */
  readonly #approved = new Set<string>();
  #caller: Presented | undefined;

  /** @param find is called at the first guarded field, and not for an operation without one. */
  constructor(find: () => Presented) {
    this.#find = find;
  }

  /** Null when the caller may pass. */
  refusal(guards: readonly Guard[]): RefusalError | null {
    const before = this.#made.get(guards);
    if (before !== undefined) return before;
    const { standing, fault, now } = this.#presented;
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
    for (const demand of demands) this.#approved.add(JSON.stringify(demand));
    this.#made.clear();
  }

  /** The second factors of the caller, who has some; undefined otherwise. */
  get enrolled(): readonly FactorKind[] | undefined {
    const enrolled = this.#presented.standing?.enrolled ?? [];
    return enrolled.length > 0 ? enrolled : undefined;
  }

  get #presented(): Presented {
    this.#caller ??= this.#find();
    return this.#caller;
  }
}

interface Running {
  readonly find: unknown;
  readonly decisions: Decisions;
}

const running = new WeakMap<object, Running>();

/** An operation begins: from now on its fields are decided together. Called anew, it forgets what was decided. */
export function beginOperation<Context>(context: Context, find: FindStanding<Context>): Decisions {
  const decisions = new Decisions(() => present(context, find));
  if (isObject(context)) running.set(context, { find, decisions });
  return decisions;
}

/** Those of the operation that has begun with this context; without one, and for a subscription, new ones. */
export function decisionsOf<Context>(context: Context, find: FindStanding<Context>): Decisions {
  const begun = isObject(context) ? running.get(context) : undefined;
  return begun?.find === find ? begun.decisions : new Decisions(() => present(context, find));
}

/** A promise, or anything else that is no answer, must not pass for somebody who is signed in. */
function present<Context>(context: Context, find: FindStanding<Context>): Presented {
  const presented: Partial<Presented> = find(context);
  const { standing, fault = null, now } = presented;
  if (standing === undefined || now === undefined) {
    throw new TypeError('`standing` must answer at once: { standing, fault, now }, with null for nobody.');
  }
  return { standing, fault, now };
}

function isObject(context: unknown): context is object {
  return typeof context === 'object' && context !== null;
}
