// The randomness of backup codes, and how they are stored.
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { Account } from '../../../src/factors/account.ts';
import {
  backupCodeFactor,
  type NewBackupCodes,
  newBackupCodes,
} from '../../../src/factors/backup-codes/backup-code.ts';
import { isGuessable } from '../../../src/factors/backup-codes/code-value.ts';
import type { Verdict } from '../../../src/factors/factor.ts';
import { KeyRing } from '../../../src/platform/key-ring.ts';

const ring = new KeyRing([randomBytes(32)]);
const now = new Date();

/** Crockford's base 32. */
const SYMBOLS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

test('a set has ten backup codes of four groups of four unambiguous symbols', () => {
  const { codes } = newBackupCodes(ring, randomUUID(), now);
  expect(codes).toHaveLength(10);
  expect(new Set(codes).size).toBe(10);
  for (const code of codes) {
    expect(code).toMatch(/^[0-9A-Z]{4}(-[0-9A-Z]{4}){3}$/);
    expect(code).not.toMatch(/[ILOU]/);
  }
});

test('generated backup codes are not marked as guessable, so wrong guesses never throttle their user', () => {
  const { codes, rows } = newBackupCodes(ring, randomUUID(), now);
  expect(rows.map(({ guessable }) => guessable)).toEqual(Array.from({ length: 10 }, () => false));
  for (const code of codes) expect(isGuessable(code)).toBe(false);
});

test('each of the 16 symbols of a backup code is uniform over 32 values: 80 bits', () => {
  const codes = Array.from({ length: 1000 }, () => newBackupCodes(ring, 'somebody', now).codes).flat();
  expect(new Set(codes).size).toBe(codes.length);
  for (let place = 0; place < 16; place += 1) {
    const counts = new Map([...SYMBOLS].map((symbol) => [symbol, 0]));
    for (const code of codes) {
      const symbol = code.replaceAll('-', '').charAt(place);
      counts.set(symbol, (counts.get(symbol) ?? 0) + 1);
    }
    expect(counts.size).toBe(32);
    const expected = codes.length / 32;
    const chiSquare = [...counts.values()].reduce(
      (sum, count) => sum + (count - expected) ** 2 / expected,
      0,
    );
    expect(chiSquare).toBeLessThan(110); // 31 degrees of freedom: p < 1e-10
  }
});

test('a symbol of a backup code is independent of the next one', () => {
  const codes = Array.from({ length: 1000 }, () => newBackupCodes(ring, 'somebody', now).codes).flat();
  for (let place = 0; place < 15; place += 1) {
    const pairs = new Map<string, number>();
    for (const code of codes) {
      const pair = code.replaceAll('-', '').slice(place, place + 2);
      pairs.set(pair, (pairs.get(pair) ?? 0) + 1);
    }
    const expected = codes.length / 32 ** 2;
    const seen = [...pairs.values()].reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    const unseen = (32 ** 2 - pairs.size) * expected;
    expect(seen + unseen).toBeLessThan(1400); // 1023 degrees of freedom: p < 1e-10
  }
});

test('a backup code is stored as a keyed digest that cannot be searched without the key', () => {
  const userId = randomUUID();
  const { codes, rows } = newBackupCodes(ring, userId, now);
  for (const [at, { digest }] of rows.entries()) {
    expect(digest).toMatch(/^[0-9a-f]{8}\.[\w-]{43}$/);
    const code = codes[at] ?? '';
    for (const value of [code, code.replaceAll('-', ''), `${userId}:${code.replaceAll('-', '')}`]) {
      expect(digest).not.toContain(createHash('sha256').update(value).digest('base64url'));
    }
  }
});

function prove(userId: string, { rows }: NewBackupCodes, code: string): Promise<Verdict> {
  return backupCodeFactor.create({ ring }).verify(code, {
    workflowId: randomUUID(),
    account: { id: userId, backupCodes: rows } as unknown as Account,
    authenticators: [],
    enrolling: null,
    identifies: false,
    provedBefore: [],
    challenge: null,
    now,
  });
}

test('the digest of a backup code is bound to its user', async () => {
  const [thief, victim] = [randomUUID(), randomUUID()];
  const made = newBackupCodes(ring, thief, now);
  expect(await prove(thief, made, made.codes[0] ?? '')).toMatchObject({ accepted: true });
  expect(await prove(victim, made, made.codes[0] ?? '')).toEqual({ accepted: false });
});

describe('a backup code is accepted', () => {
  const userId = randomUUID();

  /** Codes that include one for which each of these variants makes a difference. */
  function codesWith(...symbols: readonly string[]): { made: NewBackupCodes; code: string } {
    for (;;) {
      const made = newBackupCodes(ring, userId, now);
      const code = made.codes.find((one) => symbols.every((symbol) => one.includes(symbol)));
      if (code !== undefined) return { made, code };
    }
  }

  test.each([
    ['in lower case', (code: string) => code.toLowerCase()],
    ['without hyphens', (code: string) => code.replaceAll('-', '')],
    ['with spaces for hyphens', (code: string) => code.replaceAll('-', ' ')],
    ['with spaces around it', (code: string) => `  ${code} \t`],
    ['in pairs', (code: string) => code.replaceAll('-', '').replaceAll(/../g, '$& ')],
    ['with the dashes that phones insert', (code: string) => code.replaceAll('-', '\u2013')],
    ['with the letter O for zero', (code: string) => code.replaceAll('0', 'O')],
    ['with a small o for zero', (code: string) => code.replaceAll('0', 'o')],
    ['with the letter I for one', (code: string) => code.replaceAll('1', 'I')],
    ['with a small L for one', (code: string) => code.replaceAll('1', 'l')],
  ])('%s', async (_how, typed) => {
    const { made, code } = codesWith('0', '1', 'A');
    expect(typed(code)).not.toBe(code);
    expect(await prove(userId, made, typed(code))).toMatchObject({ accepted: true });
  });

  test.each([
    ['B for eight', '8', 'B'],
    ['S for five', '5', 'S'],
    ['Z for two', '2', 'Z'],
  ])('but not with %s, which are different symbols', async (_what, symbol, other) => {
    const { made, code } = codesWith(symbol);
    expect(await prove(userId, made, code.replaceAll(symbol, other))).toEqual({ accepted: false });
  });
});
