// One-way values. `digest` is for bearer values of 256 random bits, where a plain hash cannot be guessed back;
// `keyedDigest` is for what could be guessed (codes, identifiers): without the key ring its result says nothing.
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { KeyPurpose, KeyRing } from './key-ring.ts';

export function digest(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}

/** `keyId.mac`: HMAC-SHA-256 (RFC 2104) under the subkey of this purpose. */
export function keyedDigest(
  ring: KeyRing,
  purpose: KeyPurpose,
  value: string,
  keyId = ring.newest.id,
): string {
  const mac = createHmac('sha256', ring.subkey(purpose, keyId)).update(value).digest('base64url');
  return `${keyId}.${mac}`;
}

/** Compares in constant time, under the key that the stored digest was made with. */
export function matchesKeyedDigest(
  ring: KeyRing,
  purpose: KeyPurpose,
  value: string,
  stored: string,
): boolean {
  const keyId = stored.split('.', 1)[0] ?? '';
  const expected = Buffer.from(stored);
  const actual = Buffer.from(keyedDigest(ring, purpose, value, keyId));
  return actual.length === expected.length && timingSafeEqual(actual, expected);
}

/** Which key made a keyed digest; null for a text that is none. */
export function keyIdOfDigest(text: string): string | null {
  return /^([0-9a-f]{8})\.[\w-]{43}$/.exec(text)?.[1] ?? null;
}
