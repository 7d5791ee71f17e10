// Statistical tests of the random values. A fair generator fails them less than once in a billion runs; a skewed one
// does not pass.
import { expect, test } from 'vitest';
import { randomSixDigits, randomToken } from '../../src/platform/random.ts';

const DRAWS = 100_000;

test('a code has six digits, each uniformly distributed', () => {
  const counts = Array.from({ length: 6 }, () => Array.from({ length: 10 }, () => 0));
  for (let draw = 0; draw < DRAWS; draw += 1) {
    const code = randomSixDigits();
    if (!/^\d{6}$/.test(code)) throw new Error(`Not six digits: ${code}`);
    for (const [place, digit] of [...code].entries()) {
      const row = counts[place];
      if (row !== undefined) row[Number(digit)] = (row[Number(digit)] ?? 0) + 1;
    }
  }
  for (const row of counts) {
    const expected = DRAWS / 10;
    const chiSquare = row.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    expect(chiSquare).toBeLessThan(66); // 9 degrees of freedom: p < 1e-10
  }
});

test('codes repeat no more often than expected with a million possible values', () => {
  // About 2 of 2000 draws repeat (Poisson distribution). 20 repetitions occur once in 1e13 runs.
  const codes = new Set(Array.from({ length: 2000 }, () => randomSixDigits()));
  expect(codes.size).toBeGreaterThan(1980);
});

test('a token has 256 uniformly distributed bits in base64url', () => {
  const tokens = Array.from({ length: 1000 }, () => Buffer.from(randomToken(), 'base64url'));
  const ones = Array.from({ length: 256 }, () => 0);
  for (const token of tokens) {
    expect(token).toHaveLength(32);
    for (let bit = 0; bit < 256; bit += 1)
      ones[bit] = (ones[bit] ?? 0) + (((token[bit >> 3] ?? 0) >> (bit & 7)) & 1);
  }
  // Half of 1000, and eight standard deviations.
  expect(Math.min(...ones)).toBeGreaterThan(500 - 127);
  expect(Math.max(...ones)).toBeLessThan(500 + 127);
});
