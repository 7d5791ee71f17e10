// The stored and exported form of our own password hashes: `$stepgate-bcrypt$KEY-ID$2b$12$…`. It contains the id of the
// pre-hash key, which is needed to check it.

const FORM = /^\$stepgate-bcrypt\$(?<keyId>[0-9a-f]{8})(?<hash>\$2b\$(?<cost>\d\d)\$[./\w]{53})$/;

export interface OwnHash {
  readonly keyId: string;
  /** The bcrypt hash. */
  readonly hash: string;
  readonly cost: number;
}

/** Null when the hash is not ours. */
export function readOwnHash(stored: string): OwnHash | null {
  const { keyId, hash, cost } = FORM.exec(stored)?.groups ?? {};
  return keyId === undefined || hash === undefined ? null : { keyId, hash, cost: Number(cost) };
}

export function writeOwnHash(keyId: string, hash: string): string {
  return `$stepgate-bcrypt$${keyId}${hash}`;
}
