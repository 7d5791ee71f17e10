// The numbers that keep a guesser slow (NIST SP 800-63B-4 section 3.2.2).
import { expect, test } from 'vitest';
import {
  FAILURES_BEFORE_LOCK,
  FIRST_LOCK_SECONDS,
  LONGEST_LOCK_SECONDS,
  MAX_ATTEMPTS,
} from '../../src/policy/lockout.ts';

/** Each further failure doubles the lock. */
function guessesWithin(seconds: number): number {
  let guesses = FAILURES_BEFORE_LOCK;
  let lock = FIRST_LOCK_SECONDS;
  for (let elapsed = lock; elapsed < seconds; elapsed += lock) {
    guesses += 1;
    lock = Math.min(lock * 2, LONGEST_LOCK_SECONDS);
  }
  return guesses;
}

test('a guesser who never rests has fewer than 20 guesses in the first hour, and fewer than 100 in a day', () => {
  expect(guessesWithin(3600)).toBeLessThan(20);
  expect(guessesWithin(24 * 3600)).toBeLessThan(100);
});

test('an owner who mistypes once is not locked out, nor a whole workflow long', () => {
  expect(MAX_ATTEMPTS).toBeGreaterThan(1);
  expect(FAILURES_BEFORE_LOCK).toBeGreaterThan(MAX_ATTEMPTS);
});

test('a lock is a whole number of seconds, and never for ever', () => {
  expect(FIRST_LOCK_SECONDS).toBeGreaterThan(0);
  expect(LONGEST_LOCK_SECONDS).toBeGreaterThanOrEqual(FIRST_LOCK_SECONDS);
  expect([FIRST_LOCK_SECONDS, LONGEST_LOCK_SECONDS].every(Number.isSafeInteger)).toBe(true);
});
