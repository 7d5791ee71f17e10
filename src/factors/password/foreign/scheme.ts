// Password hashes that other systems made. Each scheme is one file here: it reads the text of a hash, refuses
// parameters that no honest system uses (they would take all memory, or hours), and checks a password.

export interface ForeignHash {
  /** Names the scheme, for example `argon2id`. */
  readonly scheme: string;
  /** The hash in the one form that is stored and exported. */
  readonly text: string;
  /** One round of a fast hash: taken in only when the operator says so. */
  readonly isFast: boolean;
  /** Synchronous, because it runs in a thread of its own. @param password exactly as it was typed. */
  verify(password: string): boolean;
}

/** The hash cannot be taken in. The message says why and how to mend it, and does not repeat the hash. */
export class ForeignHashRefused extends Error {
  override readonly name = 'ForeignHashRefused';
}
