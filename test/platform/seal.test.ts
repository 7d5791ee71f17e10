// What is sealed stays secret, whole and in its place.
import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { KeyRing, UnknownKeyError } from '../../src/platform/key-ring.ts';
import { isSealedWithOlderKey, open, SealBrokenError, seal } from '../../src/platform/seal.ts';

const OLD_KEY = randomBytes(32);
const NEW_KEY = randomBytes(32);
const ring = new KeyRing([OLD_KEY]);
const PLACE = 'authenticator:1:secret';

/** base64url, and characters of the alphabets that it is mistaken for. */
const OTHER_CHARACTERS = ['A', 'B', '_', '-', '+', '=', '.', ' '];

test.each(['', 'a secret', 'ünïcödé 🔐', '\0', 'x'.repeat(10_000)])(
  'what was sealed opens again: %j',
  (text) => {
    expect(open(ring, PLACE, seal(ring, PLACE, text))).toBe(text);
  },
);

test('a seal shows nothing of what is in it, and no two are alike', () => {
  const seals = Array.from({ length: 100 }, () => seal(ring, PLACE, 'canary'));
  expect(new Set(seals).size).toBe(100);
  for (const one of seals) {
    expect(Buffer.from(one.split('.')[1] ?? '', 'base64url').toString('latin1')).not.toContain('canary');
  }
});

describe('a seal that was changed does not open', () => {
  const sealed = seal(ring, PLACE, 'a secret');

  test('in any one character', () => {
    for (let at = 0; at < sealed.length; at += 1) {
      for (const other of OTHER_CHARACTERS.filter((one) => one !== sealed[at])) {
        const changed = sealed.slice(0, at) + other + sealed.slice(at + 1);
        expect(() => open(ring, PLACE, changed), `character ${at} as ${other}`).toThrow(
          /does not open|does not hold/,
        );
      }
    }
  });

  test.each([
    ['nothing', ''],
    ['no body', sealed.split('.')[0] ?? ''],
    ['an empty body', `${sealed.split('.')[0]}.`],
    ['cut short', sealed.slice(0, -1)],
    ['cut to less than a tag', `${sealed.split('.')[0]}.AAAA`],
    ['made longer', `${sealed}A`],
    ['with a third part', `${sealed}.AAAA`],
    ['the plain text', 'a secret'],
  ])('%s', (_what, changed) => {
    expect(() => open(ring, PLACE, changed)).toThrow(SealBrokenError);
  });
});

test.each(['authenticator:2:secret', 'authenticator:1:', 'outbox_message:1', ''])(
  'a seal that was moved to %j does not open there',
  (place) => {
    expect(() => open(ring, place, seal(ring, PLACE, 'a secret'))).toThrow(SealBrokenError);
  },
);

describe('when a newer key stands before the old one', () => {
  const rotated = new KeyRing([NEW_KEY, OLD_KEY]);
  const sealed = seal(ring, PLACE, 'a secret');

  test('what the old key sealed still opens, and is known to be old', () => {
    expect(open(rotated, PLACE, sealed)).toBe('a secret');
    expect(isSealedWithOlderKey(rotated, sealed)).toBe(true);
  });

  test('the new key seals', () => {
    const anew = seal(rotated, PLACE, 'a secret');
    expect(isSealedWithOlderKey(rotated, anew)).toBe(false);
    expect(open(new KeyRing([NEW_KEY]), PLACE, anew)).toBe('a secret');
  });

  test('and the old one is removed, the error names the key and says what to do', () => {
    const openWithout = () => open(new KeyRing([NEW_KEY]), PLACE, sealed);
    expect(openWithout).toThrow(UnknownKeyError);
    expect(openWithout).toThrow(`key ${ring.newest.id}, which SECRET_KEYS does not hold. Put that key back`);
  });
});
