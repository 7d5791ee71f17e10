// Throttling of guesses (NIST SP 800-63B-4 section 3.2.2): the first lock comes long before the 100th failure in a row,
// soon a guesser has one guess an hour, and after the 100th there is none until the lock is lifted. What cannot be
// guessed is not throttled.
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

const DAY_SECONDS = 86_400;

/**
 * How long failures are remembered after the newest one, by how many there are. The ages are the same for accounts and
 * for identifiers that nobody has, or waiting would tell which is which. A counter that has closed is not forgotten.
 */
export const FORGOTTEN_AFTER = [
  { below: 1, seconds: DAY_SECONDS },
  { below: FAILURES_BEFORE_LOCK, seconds: 30 * DAY_SECONDS },
  { below: FAILURES_BEFORE_CLOSED, seconds: 400 * DAY_SECONDS },
] as const;

/** Wrong passwords and wrong codes are counted apart, so a lock on one leaves the other. */
export const LockoutCounter = { PASSWORD: 'PASSWORD', CODE: 'CODE' } as const;
export type LockoutCounter = (typeof LockoutCounter)[keyof typeof LockoutCounter];

/** A secret of so many random bits cannot be guessed online. Nothing locks it, so it stays the way out of a lock. */
export const UNGUESSABLE_BITS = 64;

/** What a proof is guessed against: a secret that is always there, a code that was sent, or short backup codes. */
export type Target = 'STANDING' | 'CHALLENGE' | 'SHORT_BACKUP_CODES';

export interface Throttle {
  readonly counter: LockoutCounter;
  /** Without its target a proof cannot be right, so it counts for its workflow only. */
  readonly target: Target;
}

/** Null: the secrets of the factor have 64 bits or more. */
const TARGETS: Readonly<Record<FactorKind, Target | null>> = {
  PASSWORD: 'STANDING',
  EMAIL_CODE: 'CHALLENGE',
  EMAIL_LINK: null,
  PHONE_CODE: 'CHALLENGE',
  PHONE_LINK: null,
  TOTP: 'STANDING',
  BACKUP_CODE: 'SHORT_BACKUP_CODES',
  PASSKEY: null,
  OAUTH: null,
};

/** Where failures of a factor are counted, if they are. */
export function counterOf(factor: FactorKind): LockoutCounter {
  return factor === FactorKind.PASSWORD ? LockoutCounter.PASSWORD : LockoutCounter.CODE;
}

/** How guesses at a factor are throttled. Null: nobody can guess it. */
export function throttleOf(factor: FactorKind): Throttle | null {
  const target = TARGETS[factor];
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
