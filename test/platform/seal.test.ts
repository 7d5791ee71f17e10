// Sealed values are confidential, tamper-proof and bound to their row.
import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { KeyRing, UnknownKeyError } from '../../src/platform/key-ring.ts';
import { isSealedWithOlderKey, open, SealBrokenError, seal } from '../../src/platform/seal.ts';

const OLD_KEY = randomBytes(32);
const NEW_KEY = randomBytes(32);
const ring = new KeyRing([OLD_KEY]);
const PLACE = 'authenticator:1:secret';

/** Characters of base64url and of similar alphabets. */
const OTHER_CHARACTERS = ['A', 'B', '_', '-', '+', '=', '.', ' '];

test.each(['', 'a secret', 'ünïcödé 🔐', '\0', 'x'.repeat(10_000)])(
  'a sealed value opens to the original: %j',
  (text) => {
    expect(open(ring, PLACE, seal(ring, PLACE, text))).toBe(text);
  },
);

test('a sealed value does not reveal its content, and no two are equal', () => {
  const seals = Array.from({ length: 100 }, () => seal(ring, PLACE, 'canary'));
  expect(new Set(seals).size).toBe(100);
  for (const one of seals) {
    expect(Buffer.from(one.split('.')[1] ?? '', 'base64url').toString('latin1')).not.toContain('canary');
  }
});

describe('an altered sealed value does not open', () => {
  const sealed = seal(ring, PLACE, 'a secret');

  test('when any single character is changed', () => {
    for (let at = 0; at < sealed.length; at += 1) {
      for (const other of OTHER_CHARACTERS.filter((one) => one !== sealed[at])) {
        const changed = sealed.slice(0, at) + other + sealed.slice(at + 1);
        expect(() => open(ring, PLACE, changed), `character ${at} as ${other}`).toThrow(
          /Cannot open|not in SECRET_KEYS/,
        );
      }
    }
  });

  test.each([
    ['empty', ''],
    ['without a body', sealed.split('.')[0] ?? ''],
    ['with an empty body', `${sealed.split('.')[0]}.`],
    ['cut short', sealed.slice(0, -1)],
    ['shorter than a tag', `${sealed.split('.')[0]}.AAAA`],
    ['with an extra character', `${sealed}A`],
    ['with a third part', `${sealed}.AAAA`],
    ['replaced by the plain text', 'a secret'],
  ])('when it is %s', (_what, changed) => {
    expect(() => open(ring, PLACE, changed)).toThrow(SealBrokenError);
  });
});

test.each(['authenticator:2:secret', 'authenticator:1:', 'outbox_message:1', ''])(
  'a sealed value moved to %j does not open there',
  (place) => {
    expect(() => open(ring, place, seal(ring, PLACE, 'a secret'))).toThrow(SealBrokenError);
  },
);

describe('after a newer key is put first', () => {
  const rotated = new KeyRing([NEW_KEY, OLD_KEY]);
  const sealed = seal(ring, PLACE, 'a secret');

  test('values sealed with the old key still open, and are recognized as old', () => {
    expect(open(rotated, PLACE, sealed)).toBe('a secret');
    expect(isSealedWithOlderKey(rotated, sealed)).toBe(true);
  });

  test('new values are sealed with the new key', () => {
    const anew = seal(rotated, PLACE, 'a secret');
    expect(isSealedWithOlderKey(rotated, anew)).toBe(false);
    expect(open(new KeyRing([NEW_KEY]), PLACE, anew)).toBe('a secret');
  });

  test('and the old key is removed, the error names the missing key and says what to do', () => {
    const openWithout = () => open(new KeyRing([NEW_KEY]), PLACE, sealed);
    expect(openWithout).toThrow(UnknownKeyError);
    expect(openWithout).toThrow(`key ${ring.newest.id}, which is not in SECRET_KEYS. Put that key back`);
  });
});
