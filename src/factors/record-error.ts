// Why a user is not imported. A refusal names the field and the reason, but never the value, which may be a misplaced
// hash, secret or code.

export interface Refusal {
  /** The field, for example `phones.0.number`; empty for the whole record. */
  readonly path: string;
  /** What is wrong and, where possible, how to fix it. */
  readonly reason: string;
  /** The second factors that the record would lose, one entry each. */
  readonly secondFactors?: readonly string[];
}

/** Thrown while a record is read, and caught where records are counted. */
export class RecordError extends Error {
  override readonly name = 'RecordError';
  readonly refusal: Refusal;

  constructor(path: string, reason: string, secondFactors?: readonly string[]) {
    super(reason);
    this.refusal = { path, reason, ...(secondFactors === undefined ? {} : { secondFactors }) };
  }
}
