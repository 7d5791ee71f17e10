// Why an index cannot be used or built, in a sentence for its operator, who can mend it.

/** There is no index, it is something else, or it is not whole. */
export class BreachedIndexError extends Error {
  override readonly name = 'BreachedIndexError';

  /** @param index as its operator knows it. @param reason begins in lower case, and ends without a full stop. */
  constructor(index: string, reason: string) {
    super(`${index} cannot be used: ${reason}.`);
  }
}

/** The hashes of which an index is to be made are not what they should be. */
export class SortedHashesError extends Error {
  override readonly name = 'SortedHashesError';
}
