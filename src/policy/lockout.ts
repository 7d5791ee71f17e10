// Throttling of guesses (NIST SP 800-63B-4 section 3.2.2): the first lock comes long before the 100th failure in a row,
// soon a guesser has one guess an hour, and after the 100th there is none until the lock is lifted.
import { FactorKind } from './factor-kind.ts';

/** Attempts in one workflow. The one that is right is given back. */
export const MAX_ATTEMPTS = 5;

/** Consecutive failures of one account, over all workflows, before it is locked for a while. */
export const FAILURES_BEFORE_LOCK = 10;
/** The first lock; each further failure doubles it. */
export const FIRST_LOCK_SECONDS = 60;
export const LONGEST_LOCK_SECONDS = 3600;
/** From so many on it does not end by itself, but by a new password or an administrator. */
export const FAILURES_BEFORE_CLOSED = 100;

/** Wrong passwords and wrong codes are counted apart: whoever is locked out of one may still prove the other. */
export const LockoutCounter = { PASSWORD: 'PASSWORD', CODE: 'CODE' } as const;
export type LockoutCounter = (typeof LockoutCounter)[keyof typeof LockoutCounter];

export function counterOf(factor: FactorKind): LockoutCounter {
  return factor === FactorKind.PASSWORD ? LockoutCounter.PASSWORD : LockoutCounter.CODE;
}

export function isClosed(failures: number): boolean {
  return failures >= FAILURES_BEFORE_CLOSED;
}
