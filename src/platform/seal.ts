// Seals secrets that must be readable again: TOTP secrets, messages in the outbox, private signing keys. Uses
// AES-256-GCM (SP 800-38D) with the key ring, and binds each value to its row and column, so that a copy in another row
// does not open.
//
// Sealed form: `KEY-ID.BODY`, the body in base64url: nonce, tag, ciphertext.

import { createCipheriv, createDecipheriv } from 'node:crypto';
import type { KeyRing } from './key-ring.ts';
import { OperatorError } from './operator-error.ts';
import { randomBytes } from './random.ts';

const ALGORITHM = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

export class SealBrokenError extends OperatorError {
  readonly code = 'SEAL_BROKEN';
  constructor() {
    super('Cannot open a sealed value. It was altered, or moved from another row.');
  }
}

/** @param place identifies the row and column, for example `authenticator:5a…:secret`. */
export function seal(ring: KeyRing, place: string, plaintext: string): string {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(ALGORITHM, ring.subkey('seal'), nonce).setAAD(Buffer.from(place));
  const sealed = Buffer.concat([cipher.update(plaintext, 'utf8'), cipher.final()]);
  const body = Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64url');
  return `${ring.newest.id}.${body}`;
}

/** @throws {SealBrokenError} when the value was altered or moved. @throws {UnknownKeyError} when its key is missing. */
export function open(ring: KeyRing, place: string, sealed: string): string {
  const [, keyId = '', body = ''] = /^([0-9a-f]{8})\.([\w-]+)$/.exec(sealed) ?? [];
  const bytes = Buffer.from(body, 'base64url');
  // base64url has several encodings of the same bytes. Only the canonical one is valid.
  if (bytes.length < NONCE_BYTES + TAG_BYTES || bytes.toString('base64url') !== body)
    throw new SealBrokenError();
  const subkey = ring.subkey('seal', keyId);
  const nonce = bytes.subarray(0, NONCE_BYTES);
  const tag = bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES);
  try {
    const decipher = createDecipheriv(ALGORITHM, subkey, nonce, { authTagLength: TAG_BYTES })
      .setAAD(Buffer.from(place))
      .setAuthTag(tag);
    return Buffer.concat([
      decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES)),
      decipher.final(),
    ]).toString('utf8');
  } catch {
    throw new SealBrokenError();
  }
}

/** Whether a value was sealed with an older key, and should be resealed before that key is removed. */
export function isSealedWithOlderKey(ring: KeyRing, sealed: string): boolean {
  return !sealed.startsWith(`${ring.newest.id}.`);
}
