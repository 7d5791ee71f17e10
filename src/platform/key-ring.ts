// The keys of the instance. The first seals; all of them open, so a key can be replaced while what it sealed is still
// stored. A new key is put second until every node holds it, and then first: see docs/keys.md. Each purpose works with a key of its own, derived by HKDF (RFC 5869), so a
// value that was made for one purpose is never valid for another.
import { createHash, hkdfSync } from 'node:crypto';

const KEY_BYTES = 32;

/** What a key is for. A new purpose is a new word here. */
const PURPOSES = ['seal', 'password', 'code', 'backup-code', 'identifier', 'limit', 'operation'] as const;
export type KeyPurpose = (typeof PURPOSES)[number];

export interface RingKey {
  /** Names the key in stored values. A digest of the key; tells nothing about it. */
  readonly id: string;
  readonly subkeys: ReadonlyMap<KeyPurpose, Buffer>;
}

export class UnknownKeyError extends Error {
  override readonly name = 'UnknownKeyError';
  constructor(keyId: string) {
    super(
      `A stored value was made with key ${keyId}, which SECRET_KEYS does not hold. Put that key back at the end of SECRET_KEYS. To replace a key, follow docs/keys.md.`,
    );
  }
}

export class KeyRing {
  readonly newest: RingKey;
  readonly #keys: ReadonlyMap<string, RingKey>;

  /** Keys are 32 bytes, the one that seals first; at least one. */
  constructor(keys: readonly Uint8Array[]) {
    const ringKeys = keys.map(ringKey);
    const [newest] = ringKeys;
    if (newest === undefined) throw new Error('A key ring needs at least one key.');
    this.newest = newest;
    this.#keys = new Map(ringKeys.map((key) => [key.id, key]));
  }

  /** Of every key, the newest first. */
  get ids(): readonly string[] {
    return [...this.#keys.keys()];
  }

  subkey(purpose: KeyPurpose, keyId: string = this.newest.id): Buffer {
    const subkey = this.#keys.get(keyId)?.subkeys.get(purpose);
    if (subkey === undefined) throw new UnknownKeyError(keyId);
    return subkey;
  }
}

function ringKey(bytes: Uint8Array): RingKey {
  if (bytes.length !== KEY_BYTES) throw new Error(`A secret key is ${KEY_BYTES} bytes, not ${bytes.length}.`);
  const id = createHash('sha256').update('stepgate key id').update(bytes).digest('hex').slice(0, 8);
  const subkeys = new Map(
    PURPOSES.map((purpose) => [
      purpose,
      Buffer.from(hkdfSync('sha256', bytes, '', `stepgate/${purpose}`, KEY_BYTES)),
    ]),
  );
  return { id, subkeys };
}
