// Who is asking, at the moment of a decision. What a context was made with may be old by then: time has gone by, a token
// has expired, a subscription has asked again. In doubt it is nobody.
import type { FindStanding, Presented } from './standing.ts';

/** What a server may leave out, one in plain JavaScript too. */
type Answered = Pick<Presented, 'standing' | 'now'> & Partial<Presented>;

/** What a subscription was told last, in place of what its context was made with. */
const renewals = new WeakMap<Answered, Answered>();

/** By context: whom it presented, where the server can tell anew. */
const renewable = new WeakMap<object, Answered>();

/** Who is asking, with the time of this moment. */
export function present<Context>(context: Context, find: FindStanding<Context>): Presented {
  const found = checked(find(context));
  const presented = renewals.get(found) ?? found;
  const { standing, fault = null, now, expiresAt = null } = presented;
  if (presented.again && typeof context === 'object' && context !== null) renewable.set(context, found);
  const time = later(presented, now);
  const isExpired = standing !== null && expiresAt !== null && !(time < expiresAt);
  return isExpired ? { standing: null, fault: 'EXPIRED', now: time } : { standing, fault, now: time };
}

/** Asks again who is asking, where the server can tell. */
export async function renew(context: unknown): Promise<void> {
  const found = typeof context === 'object' && context !== null ? renewable.get(context) : undefined;
  if (found === undefined) return;
  const { again } = renewals.get(found) ?? found;
  if (again) renewals.set(found, checked(await again()));
}

/** A promise, or anything else that is no answer, must not pass for somebody who is signed in. */
function checked(presented: Partial<Presented>): Answered {
  if (presented.standing === undefined || presented.now === undefined) {
    throw new TypeError('`standing` must answer at once: { standing, fault, now }, with null for nobody.');
  }
  return presented as Answered;
}

const firstSeen = new WeakMap<object, { readonly now: number; readonly at: number }>();

/** A server may say for as long as a context lives what the time was when it was made: it goes on all the same. */
function later(presented: object, now: number): number {
  const first = firstSeen.get(presented);
  if (first === undefined) {
    firstSeen.set(presented, { now, at: performance.now() });
    return now;
  }
  return Math.max(now, first.now + Math.floor((performance.now() - first.at) / 1000));
}
