// Keyed digests reveal nothing without the key ring, and are valid for one purpose only.
import { createHash, randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { digest, keyedDigest, matchesKeyedDigest } from '../../src/platform/digest.ts';
import { KeyRing, UnknownKeyError } from '../../src/platform/key-ring.ts';

const key = randomBytes(32);
const ring = new KeyRing([key]);

test('a keyed digest matches its value and no other', () => {
  const stored = keyedDigest(ring, 'code', 'workflow:123456');
  expect(matchesKeyedDigest(ring, 'code', 'workflow:123456', stored)).toBe(true);
  for (const other of ['workflow:123457', 'other:123456', '123456', '']) {
    expect(matchesKeyedDigest(ring, 'code', other, stored), other).toBe(false);
  }
});

test('a digest made for one purpose does not match for another', () => {
  const stored = keyedDigest(ring, 'code', 'a value');
  expect(matchesKeyedDigest(ring, 'backup-code', 'a value', stored)).toBe(false);
});

test('without the key, the six digits behind a digest cannot be found by brute force', () => {
  const stored = keyedDigest(ring, 'code', '042042').split('.')[1];
  const plain = createHash('sha256').update('042042').digest('base64url');
  expect(stored).not.toBe(plain);
  expect(
    matchesKeyedDigest(new KeyRing([randomBytes(32), key]), 'code', '042042', `${ring.newest.id}.${stored}`),
  ).toBe(true);
  const thief = new KeyRing([randomBytes(32)]);
  expect(keyedDigest(thief, 'code', '042042').split('.')[1]).not.toBe(stored);
});

test('a digest made before a key was replaced still matches; once the key is removed, the error names it', () => {
  const stored = keyedDigest(ring, 'code', 'a value');
  expect(matchesKeyedDigest(new KeyRing([randomBytes(32), key]), 'code', 'a value', stored)).toBe(true);
  const without = () => matchesKeyedDigest(new KeyRing([randomBytes(32)]), 'code', 'a value', stored);
  expect(without).toThrow(UnknownKeyError);
  expect(without).toThrow(ring.newest.id);
});

test.each([
  ['cut short', (stored: string) => stored.slice(0, -1)],
  ['with an extra character', (stored: string) => `${stored}A`],
  ['without its MAC', (stored: string) => stored.split('.')[0] ?? ''],
])('a stored digest %s matches nothing', (_how, change) => {
  expect(matchesKeyedDigest(ring, 'code', 'a value', change(keyedDigest(ring, 'code', 'a value')))).toBe(
    false,
  );
});

test('the digest of a bearer token is SHA-256', () => {
  expect(digest('abc')).toBe(
    Buffer.from('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad', 'hex').toString(
      'base64url',
    ),
  );
});
