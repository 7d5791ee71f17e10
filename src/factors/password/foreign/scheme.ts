// Password hashes that other systems made. A hash is read in two steps: a form (one file for each system or standard
// that has its own) turns what that system wrote into the one canonical text, and a scheme (one file for each
// algorithm) reads that text, refuses parameters that no honest system uses (they would take all memory, or hours),
// and checks a password.

export interface ForeignHash {
  /** Names the scheme, for example `argon2id`. */
  readonly scheme: string;
  /** The hash in the one form that is stored and exported. */
  readonly text: string;
  /** As fast as one round of a digest to whoever guesses: taken in only when the operator says so. */
  readonly isFast: boolean;
  /** Synchronous, because it runs in a thread of its own. @param password exactly as it was typed. */
  verify(password: string): boolean;
}

/** The hash cannot be taken in. The message says why and how to fix it, and repeats neither hash nor salt. */
export class ForeignHashRefused extends Error {
  override readonly name = 'ForeignHashRefused';
  constructor(why: string, remedy = 'Import the user without it: a password reset sets a new password.') {
    super(`${why} ${remedy}`);
  }
}
