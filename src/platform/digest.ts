// One-way digests. `digest` is for bearer tokens with 256 random bits, for which a plain hash is safe. `keyedDigest` is
// for values that could be guessed, such as codes and identifiers; without the key ring its result reveals nothing.
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { KeyPurpose, KeyRing } from './key-ring.ts';

export function digest(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}

/** @returns `keyId.mac`, where mac is HMAC-SHA-256 (RFC 2104) with the subkey for this purpose. */
export function keyedDigest(
  ring: KeyRing,
  purpose: KeyPurpose,
  value: string,
  keyId = ring.newest.id,
): string {
  const mac = createHmac('sha256', ring.subkey(purpose, keyId)).update(value).digest('base64url');
  return `${keyId}.${mac}`;
}

/** Compares in constant time, using the key that made the stored digest. */
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

/** The id of the key that made a keyed digest; null if the text is not one. */
export function keyIdOfDigest(text: string): string | null {
  return /^([0-9a-f]{8})\.[\w-]{43}$/.exec(text)?.[1] ?? null;
}
