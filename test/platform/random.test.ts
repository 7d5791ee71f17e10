// Random values are as random as they look. The bounds below are so wide that a fair generator fails them less than
// once in a billion runs, and so narrow that a skewed one does not pass.
import { expect, test } from 'vitest';
import { randomSixDigits, randomToken } from '../../src/platform/random.ts';

const DRAWS = 100_000;

test('a code is six digits, every digit equally likely at every place', () => {
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

test('codes do not repeat more often than a million possible ones would', () => {
  // Of 2000 draws about 2 are repetitions (a Poisson distribution); 20 of them happen once in 1e13 runs.
  const codes = new Set(Array.from({ length: 2000 }, () => randomSixDigits()));
  expect(codes.size).toBeGreaterThan(1980);
});

test('a token is 256 bits in base64url, each bit as often set as not', () => {
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
