// Which TOTP codes are correct, tested with the vectors of RFC 6238 and an independent implementation.
import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { generateSync } from 'otplib';
import { describe, expect, test } from 'vitest';
import { acceptedTimeStep } from '../../../src/factors/totp/totp.ts';

/** RFC 6238 appendix B: the ASCII bytes of 12345678901234567890, in base32. */
const SECRET = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';
const PERIOD_SECONDS = 30;

/** An implementation of RFC 4226 section 5.3. */
function codeOf(timeStep: number): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(timeStep));
  const mac = createHmac('sha1', '12345678901234567890').update(counter).digest();
  const offset = (mac.at(-1) ?? 0) & 0xf;
  return ((mac.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).toString().padStart(6, '0');
}

const at = (seconds: number): Date => new Date(seconds * 1000);

describe('the test vectors of RFC 6238 appendix B, SHA-1', () => {
  test.each([
    [59, '94287082'],
    [1111111109, '07081804'],
    [1111111111, '14050471'],
    [1234567890, '89005924'],
    [2000000000, '69279037'],
    [20000000000, '65353130'],
  ])('at %i seconds the code is %s, and its last six digits are accepted', (seconds, code) => {
    expect(generateSync({ secret: SECRET, epoch: seconds, digits: 8 })).toBe(code);
    expect(acceptedTimeStep(SECRET, code.slice(2), null, at(seconds))).toBe(
      Math.floor(seconds / PERIOD_SECONDS),
    );
  });
});

describe('the window of accepted TOTP codes', () => {
  const now = 1_800_000_000; // the start of a time step
  const step = now / PERIOD_SECONDS;

  test.each([0, 1, 15, 29])('is exactly one step on either side, %i seconds into a step', (seconds) => {
    const accepted = [-3, -2, -1, 0, 1, 2, 3].filter(
      (away) => acceptedTimeStep(SECRET, codeOf(step + away), null, at(now + seconds)) !== null,
    );
    expect(accepted).toEqual([-1, 0, 1]);
  });

  test('rounds milliseconds down', () => {
    const last = new Date((now + 29) * 1000 + 999);
    expect(acceptedTimeStep(SECRET, codeOf(step + 1), null, last)).toBe(step + 1);
    expect(acceptedTimeStep(SECRET, codeOf(step + 2), null, last)).toBeNull();
  });

  test('gives the step of a code at most one step away, and rejects all others, at any time', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 60_000_000 }),
        fc.integer({ min: 0, max: 29 }),
        fc.integer({ min: -2, max: 2 }),
        (someStep, seconds, away) => {
          const others = [-1, 0, 1].filter((one) => one !== away).map((one) => codeOf(someStep + one));
          const code = codeOf(someStep + away);
          fc.pre(!others.includes(code)); // two steps share a code once in a million
          const moment = at(someStep * PERIOD_SECONDS + seconds);
          const expected = Math.abs(away) <= 1 ? someStep + away : null;
          expect(acceptedTimeStep(SECRET, code, null, moment)).toBe(expected);
        },
      ),
    );
  });
});

test.each([
  ['the one that was accepted', 0, false],
  ['one before it', -1, false],
  ['the one after it', 1, true],
])('after a TOTP code was accepted, %s is accepted: %3$s', (_which, away, isAccepted) => {
  const now = 1_800_000_000;
  const step = now / PERIOD_SECONDS;
  const accepted = acceptedTimeStep(SECRET, codeOf(step + away), step, at(now));
  expect(accepted).toBe(isAccepted ? step + away : null);
});

test('an accepted code of a future step excludes every older one', () => {
  const now = 1_800_000_000;
  const step = now / PERIOD_SECONDS;
  for (const away of [-1, 0, 1]) {
    expect(acceptedTimeStep(SECRET, codeOf(step + away), step + 1, at(now))).toBeNull();
  }
  // A last step in the far future is not an error. All codes are just rejected.
  expect(acceptedTimeStep(SECRET, codeOf(step), step + 1_000_000, at(now))).toBeNull();
});

test.each([
  ['nothing', ''],
  ['five digits', '28708'],
  ['seven digits', '2870821'],
  ['eight digits, as in the RFC', '94287082'],
  ['letters', '28708a'],
  ['a sign', '-87082'],
  ['a fraction', '2870.2'],
  ['an exponent', '28708e'],
  ['hexadecimal', '0x4621'],
  ['Arabic digits', '٢٨٧٠٨٢'],
  ['full-width digits', '２８７０８２'],
  ['a line break after it', '287082\n'],
  ['a NUL', '287082\0'],
  ['a very long text', '287082'.repeat(10_000)],
])('a malformed TOTP code is rejected without an error: %s', (_what, code) => {
  expect(acceptedTimeStep(SECRET, '287082', null, at(59))).toBe(1);
  expect(acceptedTimeStep(SECRET, code, null, at(59))).toBeNull();
});
