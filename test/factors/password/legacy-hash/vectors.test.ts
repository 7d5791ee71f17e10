// Published hashes of other systems: each matches its password and no other.
import { describe, expect, test } from 'vitest';
import { readLegacyHash } from '../../../../src/factors/password/legacy-hash/schemes.ts';
import { BETTER_AUTH_SAMPLES } from './vectors/identity-systems.ts';
import { VECTORS } from './vectors.ts';

const DIGEST = /^(?:hmac-)?(?:md5|sha\d+)$/;

/** A digest has one round by default. A thousand rounds are slow enough, as for PBKDF2. */
function isFast(scheme: string, text: string): boolean {
  const rounds = /[$,]i=(\d+)/.exec(text)?.[1] ?? (DIGEST.test(scheme) ? '1' : '1000');
  return Number(rounds) < 1000;
}

describe('a hash of another system', () => {
  test.each(VECTORS)('matches its password and no other: $name', ({ password, text, scheme }) => {
    const hash = readLegacyHash(text);
    expect(hash.scheme).toBe(scheme);
    expect(hash.isFast).toBe(isFast(scheme, hash.text));
    expect(hash.verify(password)).toBe(true);
    // bcrypt ignores bytes after the first 72.
    expect(hash.verify(password === '' ? ' ' : `x${password.slice(1)}`)).toBe(false);
  });

  test.each(VECTORS)('is stored as a text that parses to itself: $name', ({ text }) => {
    const stored = readLegacyHash(text).text;
    expect(readLegacyHash(stored).text).toBe(stored);
  });

  test.each(BETTER_AUTH_SAMPLES)(
    'of Better Auth is recognised without its importer: %s',
    (_password, text) => {
      expect(readLegacyHash(text).scheme).toBe('scrypt-nfkc');
    },
  );
});
