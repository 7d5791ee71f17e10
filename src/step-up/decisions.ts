// The decisions of one operation. Who is asking is found once, so that a mutation which was let in does not grow
// stale between its fields; and each list of guards is weighed once, however many fields it stands before.
import { type Guard, refuse } from './guard.ts';
import { RefusalError } from './refusal-error.ts';
import type { FindStanding, Presented } from './standing.ts';

export class Decisions {
  readonly #find: () => Presented;
  readonly #made = new Map<readonly Guard[], RefusalError | null>();
  #caller: Presented | undefined;

  /** @param find is called at the first guarded field, and not for an operation without one. */
  constructor(find: () => Presented) {
    this.#find = find;
  }

  /** Null when the caller may pass. */
  refusal(guards: readonly Guard[]): RefusalError | null {
    const before = this.#made.get(guards);
    if (before !== undefined) return before;
    this.#caller ??= this.#find();
    const { standing, fault, now } = this.#caller;
    const refusal = refuse(guards, standing, now);
    const made = refusal === null ? null : new RefusalError(refusal, fault);
    this.#made.set(guards, made);
    return made;
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
