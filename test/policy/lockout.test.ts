// The limits that slow down guessing (NIST SP 800-63B-4 section 3.2.2).
import { expect, test } from 'vitest';
import { FACTOR_KINDS } from '../../src/policy/factor-kind.ts';
import {
  counterOf,
  FAILURES_BEFORE_CLOSED,
  FAILURES_BEFORE_LOCK,
  FIRST_LOCK_SECONDS,
  FORGOTTEN_AFTER,
  isClosed,
  LONGEST_LOCK_SECONDS,
  LockoutCounter,
  lockSeconds,
  MAX_ATTEMPTS,
  throttleOf,
  UNGUESSABLE_BITS,
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

test('an attacker who never pauses gets fewer than 20 guesses in the first hour, and fewer than 100 in a day', () => {
  expect(guessesWithin(3600)).toBeLessThan(20);
  expect(guessesWithin(24 * 3600)).toBeLessThan(100);
});

test('an account locks for a minute after 10 failures in a row, and never for longer than an hour', () => {
  expect(FAILURES_BEFORE_LOCK).toBe(10);
  expect(FIRST_LOCK_SECONDS).toBe(60);
  expect(LONGEST_LOCK_SECONDS).toBe(3600);
});

test('one workflow takes five guesses', () => {
  expect(MAX_ATTEMPTS).toBe(5);
});

test('the more failures there are, the longer they are remembered: for 1, 30 and 400 days', () => {
  expect(FORGOTTEN_AFTER).toEqual([
    { below: 1, seconds: 86_400 },
    { below: 10, seconds: 2_592_000 },
    { below: 100, seconds: 34_560_000 },
  ]);
});

test('an account is not locked by one mistake, or by all attempts of one workflow', () => {
  expect(MAX_ATTEMPTS).toBeGreaterThan(1);
  expect(FAILURES_BEFORE_LOCK).toBeGreaterThan(MAX_ATTEMPTS);
});

test('a temporary lock lasts a whole number of seconds', () => {
  expect(FIRST_LOCK_SECONDS).toBeGreaterThan(0);
  expect(LONGEST_LOCK_SECONDS).toBeGreaterThanOrEqual(FIRST_LOCK_SECONDS);
  expect([FIRST_LOCK_SECONDS, LONGEST_LOCK_SECONDS].every(Number.isSafeInteger)).toBe(true);
});

test('password failures are counted separately, and all other failures together', () => {
  for (const kind of FACTOR_KINDS) expect(counterOf(kind)).toBe(kind === 'PASSWORD' ? 'PASSWORD' : 'CODE');
  expect(Object.values(LockoutCounter)).toEqual(['PASSWORD', 'CODE']);
});

test('the 100th consecutive failure closes the account for guessing, as NIST requires, and no earlier one does', () => {
  expect(FAILURES_BEFORE_CLOSED).toBeLessThanOrEqual(100);
  expect(FAILURES_BEFORE_CLOSED).toBeGreaterThan(FAILURES_BEFORE_LOCK);
  expect([0, 99, 100, 101].map(isClosed)).toEqual([false, false, true, true]);
});

test('a secret of 64 random bits is never throttled, so it stays the way out of a lock', () => {
  expect(UNGUESSABLE_BITS).toBe(64);
  for (const kind of [
    'EMAIL_LINK',
    'PHONE_LINK',
    'DEVICE_APPROVAL',
    'PASSKEY',
    'OAUTH',
    'CERTIFICATE',
  ] as const)
    expect(throttleOf(kind)).toBeNull();
});

test.each([
  ['PASSWORD', 'PASSWORD', 'LASTING_SECRET'],
  ['TOTP', 'CODE', 'LASTING_SECRET'],
  ['EMAIL_CODE', 'CODE', 'CHALLENGE'],
  ['PHONE_CODE', 'CODE', 'CHALLENGE'],
  ['BACKUP_CODE', 'CODE', 'SHORT_BACKUP_CODES'],
] as const)('guesses at %s are counted as %s, against the target %s', (kind, counter, target) => {
  expect(throttleOf(kind)).toEqual({ counter, target });
});

test('each failure from the 10th on doubles the lock, from a minute to an hour, and the 100th locks for a century', () => {
  expect([1, 9, 10, 11, 12, 15, 16, 17, 99].map(lockSeconds)).toEqual([
    null,
    null,
    60,
    120,
    240,
    1920,
    3600,
    3600,
    3600,
  ]);
  expect([100, 101].map(lockSeconds)).toEqual([3_155_760_000, 3_155_760_000]);
});
