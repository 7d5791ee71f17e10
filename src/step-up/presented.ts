// Who is asking, at the time of a decision. The answer in the context may be old by then: time has passed, the token
// has expired, or a subscription has asked again. In doubt, the caller is anonymous.
import type { FindAuthContext, Presented } from './auth-context.ts';

/** An answer with only its required members, which a server in plain JavaScript may return. */
type Answered = Pick<Presented, 'authContext' | 'now'> & Partial<Presented>;

/** The latest answer to a subscription, which replaces the answer in its context. */
const renewals = new WeakMap<Answered, Answered>();

/** The answer for each context whose server can ask again. */
const renewable = new WeakMap<object, Answered>();

/** Who is asking, with the current time. */
export function present<Context>(context: Context, find: FindAuthContext<Context>): Presented {
  const found = checked(find(context));
  const presented = renewals.get(found) ?? found;
  const { authContext, fault = null, now, expiresAt = null, stepUp } = presented;
  if (presented.again && typeof context === 'object' && context !== null) renewable.set(context, found);
  const time = later(presented, now);
  const isExpired = authContext !== null && expiresAt !== null && !(time < expiresAt);
  const known = isExpired ? ({ authContext: null, fault: 'EXPIRED' } as const) : { authContext, fault };
  return { ...known, now: time, stepUp };
}

/** Finds out again who is asking, if the server supports it. */
export async function renew(context: unknown): Promise<void> {
  const found = typeof context === 'object' && context !== null ? renewable.get(context) : undefined;
  if (found === undefined) return;
  const { again } = renewals.get(found) ?? found;
  if (again) renewals.set(found, checked(await again()));
}

/** A promise, or any other value that is not an answer, must not count as a signed-in user. */
function checked(presented: Partial<Presented>): Answered {
  if (presented.authContext === undefined || presented.now === undefined) {
    throw new TypeError(
      '`authContext` must return { authContext, fault, now } and not a promise. For an anonymous caller, return null as `authContext`.',
    );
  }
  return presented as Answered;
}

const firstSeen = new WeakMap<object, { readonly now: number; readonly at: number }>();

/** A server may return the time at which the context was made. Time that has passed since then is added. */
function later(presented: object, now: number): number {
  const first = firstSeen.get(presented);
  if (first === undefined) {
    firstSeen.set(presented, { now, at: performance.now() });
    return now;
  }
  return Math.max(now, first.now + Math.floor((performance.now() - first.at) / 1000));
}
