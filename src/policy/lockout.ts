// Throttles guesses (NIST SP 800-63B-4 section 3.2.2). After 10 consecutive failures an account is locked for a minute,
// each further failure doubles the lock up to an hour, and after 100 the lock stays until it is lifted. Secrets that
// cannot be guessed are not throttled.
import { FACTOR_TRAITS, FactorKind, type GuessedAt } from './factor-kind.ts';

/** Attempts in one workflow. A correct attempt does not count. */
export const MAX_ATTEMPTS = 5;

/** Consecutive failures of one account, across all workflows, before a temporary lock. */
export const FAILURES_BEFORE_LOCK = 10;
/** The length of the first lock. Each further failure doubles it. */
export const FIRST_LOCK_SECONDS = 60;
export const LONGEST_LOCK_SECONDS = 3600;
/** After this many failures the lock does not expire. A new password or an administrator lifts it. */
export const FAILURES_BEFORE_CLOSED = 100;

const DAY_SECONDS = 86_400;

/**
 * How long failures are remembered after the newest one, by their number. Unknown identifiers follow the same rule, so
 * that waiting does not reveal whether an account exists. A counter that reached the last limit is never forgotten.
 */
export const FORGOTTEN_AFTER = [
  { below: 1, seconds: DAY_SECONDS },
  { below: FAILURES_BEFORE_LOCK, seconds: 30 * DAY_SECONDS },
  { below: FAILURES_BEFORE_CLOSED, seconds: 400 * DAY_SECONDS },
] as const;

/** Wrong passwords and wrong codes are counted separately, so that a lock on one leaves the other usable. */
export const LockoutCounter = { PASSWORD: 'PASSWORD', CODE: 'CODE' } as const;
export type LockoutCounter = (typeof LockoutCounter)[keyof typeof LockoutCounter];

/**
 * A secret of this many random bits cannot be guessed online. It is never locked, so it remains the way out of a lock.
 */
export const UNGUESSABLE_BITS = 64;

export interface Throttle {
  readonly counter: LockoutCounter;
  /** If the target does not exist, no guess can succeed, so a failure counts for its workflow only. */
  readonly target: GuessedAt;
}

/** The counter for failures of a factor, if the factor is throttled. */
export function counterOf(factor: FactorKind): LockoutCounter {
  return factor === FactorKind.PASSWORD ? LockoutCounter.PASSWORD : LockoutCounter.CODE;
}

/** How guesses at a factor are throttled. Null for a factor that cannot be guessed. */
export function throttleOf(factor: FactorKind): Throttle | null {
  const target = FACTOR_TRAITS[factor].guessedAt;
  return target && { counter: counterOf(factor), target };
}

export function isClosed(failures: number): boolean {
  return failures >= FAILURES_BEFORE_CLOSED;
}

/** A lock that time alone does not end. */
const CENTURY_SECONDS = 100 * 365.25 * DAY_SECONDS;

/** How long the lock lasts that so many consecutive failures bring. Null: there is none yet. Each one doubles the last. */
export function lockSeconds(failures: number): number | null {
  if (isClosed(failures)) return CENTURY_SECONDS;
  if (failures < FAILURES_BEFORE_LOCK) return null;
  return Math.min(LONGEST_LOCK_SECONDS, FIRST_LOCK_SECONDS * 2 ** (failures - FAILURES_BEFORE_LOCK));
}
