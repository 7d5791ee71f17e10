// The keys of an instance, with a subkey for each purpose.
import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { type KeyPurpose, KeyRing, UnknownKeyError } from '../../src/platform/key-ring.ts';

const PURPOSES: readonly KeyPurpose[] = ['seal', 'password', 'code', 'backup-code', 'identifier'];

test('each purpose of each key has its own subkey, which differs from the key', () => {
  const keys = [randomBytes(32), randomBytes(32)];
  const ids = keys.map((key) => new KeyRing([key]).newest.id);
  const ring = new KeyRing(keys);
  const subkeys = ids.flatMap((id) =>
    PURPOSES.map((purpose) => ring.subkey(purpose, id).export().toString('hex')),
  );
  expect(new Set([...subkeys, ...keys.map((key) => key.toString('hex'))]).size).toBe(2 * PURPOSES.length + 2);
});

test('a key has the same id and subkeys at any position in any ring', () => {
  const [older, newer] = [randomBytes(32), randomBytes(32)];
  const { id } = new KeyRing([older]).newest;
  const before = new KeyRing([older]).subkey('password', id);
  expect(new KeyRing([newer, older]).subkey('password', id).equals(before)).toBe(true);
  expect(new KeyRing([newer, older]).newest.id).not.toBe(id);
});

test('the id of a key does not contain a part of the key', () => {
  const key = randomBytes(32);
  expect(key.toString('hex')).not.toContain(new KeyRing([key]).newest.id);
});

test.each([0, 16, 31, 33, 64])('a key of %i bytes is refused', (length) => {
  expect(() => new KeyRing([randomBytes(length)])).toThrow('A secret key must be 32 bytes');
});

test('a ring without keys is refused', () => {
  expect(() => new KeyRing([])).toThrow('at least one key');
});

test.each(['', '00000000', 'toString', '__proto__'])('a key that is not in the ring is unknown: %j', (id) => {
  expect(() => new KeyRing([randomBytes(32)]).subkey('seal', id)).toThrow(UnknownKeyError);
});
