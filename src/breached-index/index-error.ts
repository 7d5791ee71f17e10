// Errors that tell the operator why an index cannot be used or built.
import { OperatorError } from '../platform/operator-error.ts';

/** The index does not exist, is not an index, or is incomplete or damaged. */
export class BreachedIndexError extends OperatorError {
  readonly code = 'BREACHED_INDEX_UNUSABLE';

  /**
   * @param index the path or name of the index, as the operator knows it.
   * @param reason a clause that starts in lower case and has no full stop.
   */
  constructor(index: string, reason: string) {
    super(`${index} cannot be used: ${reason}.`);
  }
}

/** The file of hashes is invalid. */
export class SortedHashesError extends OperatorError {
  readonly code = 'SORTED_HASHES_INVALID';
}
