// Password hashes from other systems. A hash is read in two steps. A form, one file for each system or standard,
// converts the system's text to the canonical text. A scheme, one file for each algorithm, parses the canonical text,
// rejects hostile parameters (which would use up all memory, or take hours), and checks passwords.

export interface LegacyHash {
  /** The name of the scheme, for example `argon2id`. */
  readonly scheme: string;
  /** The canonical text of the hash, which is stored and exported. */
  readonly text: string;
  /** Whether guessing is as fast as for a plain digest. Such hashes are imported only if the operator allows it. */
  readonly isFast: boolean;
  /** Synchronous, because it runs in its own thread. @param password exactly as the user typed it. */
  verify(password: string): boolean;
}

/** The hash cannot be imported. The message says why and what to do, without repeating the hash or the salt. */
export class LegacyHashError extends Error {
  override readonly name = 'LegacyHashError';
  constructor(
    why: string,
    remedy = 'Import the user without a password. They can set a new one with a password reset.',
  ) {
    super(`${why} ${remedy}`);
  }
}
