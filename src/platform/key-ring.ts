// The secret keys of the instance. The first one seals and all of them open, so that a key can be replaced while values
// sealed with it are still stored. Add a new key second until every node has it, and then move it first; see
// docs/keys.md. Each purpose has its own subkey, derived with HKDF (RFC 5869), so a value made for one purpose is
// invalid for any other.

import { createHash, createSecretKey, hkdfSync, type KeyObject } from 'node:crypto';
import { OperatorError } from './operator-error.ts';

const KEY_BYTES = 32;

/** The purposes of subkeys. To add a purpose, add it here. */
const PURPOSES = [
  'seal',
  'password',
  'code',
  'backup-code',
  'identifier',
  'limit',
  'operation',
  'passkey',
] as const;
export type KeyPurpose = (typeof PURPOSES)[number];

export interface RingKey {
  /** Identifies the key in stored values. A digest of the key that does not reveal it. */
  readonly id: string;
  readonly subkeys: ReadonlyMap<KeyPurpose, KeyObject>;
}

export class UnknownKeyError extends OperatorError {
  readonly code = 'KEY_UNKNOWN';
  constructor(keyId: string) {
    super(
      `A stored value was made with key ${keyId}, which is not in SECRET_KEYS. Put that key back at the end of SECRET_KEYS. To replace a key, follow docs/keys.md.`,
    );
  }
}

export class KeyRing {
  readonly newest: RingKey;
  readonly #keys: ReadonlyMap<string, RingKey>;

  /** @param keys at least one key of 32 bytes, starting with the one that seals. */
  constructor(keys: readonly Uint8Array[]) {
    const ringKeys = keys.map(ringKey);
    const [newest] = ringKeys;
    if (newest === undefined) throw new Error('A key ring needs at least one key.');
    this.newest = newest;
    this.#keys = new Map(ringKeys.map((key) => [key.id, key]));
  }

  /** The ids of all keys, the newest first. */
  get ids(): readonly string[] {
    return [...this.#keys.keys()];
  }

  subkey(purpose: KeyPurpose, keyId: string = this.newest.id): KeyObject {
    const subkey = this.#keys.get(keyId)?.subkeys.get(purpose);
    if (subkey === undefined) throw new UnknownKeyError(keyId);
    return subkey;
  }
}

function ringKey(bytes: Uint8Array): RingKey {
  if (bytes.length !== KEY_BYTES)
    throw new Error(`A secret key must be ${KEY_BYTES} bytes, not ${bytes.length}.`);
  const id = createHash('sha256').update('stepgate key id').update(bytes).digest('hex').slice(0, 8);
  const subkeys = new Map(
    PURPOSES.map((purpose) => [
      purpose,
      // As key objects, because OpenSSL would otherwise prepare the bytes anew at each use.
      createSecretKey(Buffer.from(hkdfSync('sha256', bytes, '', `stepgate/${purpose}`, KEY_BYTES))),
    ]),
  );
  return { id, subkeys };
}
