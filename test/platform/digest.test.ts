// Keyed digests: without the key ring they say nothing, and one of a purpose is none of another.
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

test('a digest that was made for one purpose does not match for another', () => {
  const stored = keyedDigest(ring, 'code', 'a value');
  expect(matchesKeyedDigest(ring, 'backup-code', 'a value', stored)).toBe(false);
});

test('without the key nobody finds the six digits behind a digest by trying them all', () => {
  const stored = keyedDigest(ring, 'code', '042042').split('.')[1];
  const plain = createHash('sha256').update('042042').digest('base64url');
  expect(stored).not.toBe(plain);
  expect(
    matchesKeyedDigest(new KeyRing([randomBytes(32), key]), 'code', '042042', `${ring.newest.id}.${stored}`),
  ).toBe(true);
  const thief = new KeyRing([randomBytes(32)]);
  expect(keyedDigest(thief, 'code', '042042').split('.')[1]).not.toBe(stored);
});

test('a digest from before a key was replaced still matches; after the key was removed the error names it', () => {
  const stored = keyedDigest(ring, 'code', 'a value');
  expect(matchesKeyedDigest(new KeyRing([randomBytes(32), key]), 'code', 'a value', stored)).toBe(true);
  const without = () => matchesKeyedDigest(new KeyRing([randomBytes(32)]), 'code', 'a value', stored);
  expect(without).toThrow(UnknownKeyError);
  expect(without).toThrow(ring.newest.id);
});

test.each([
  ['cut short', (stored: string) => stored.slice(0, -1)],
  ['made longer', (stored: string) => `${stored}A`],
  ['without its digest', (stored: string) => stored.split('.')[0] ?? ''],
])('a stored digest that was %s matches nothing', (_how, change) => {
  expect(matchesKeyedDigest(ring, 'code', 'a value', change(keyedDigest(ring, 'code', 'a value')))).toBe(
    false,
  );
});

test('a digest of a bearer value is SHA-256', () => {
  expect(digest('abc')).toBe(
    Buffer.from('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad', 'hex').toString(
      'base64url',
    ),
  );
});
