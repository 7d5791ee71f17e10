// Why a user is not taken in. A refusal names the place and the reason, and repeats no value: it may be a hash, a secret
// or a code in the wrong place.

export interface Refusal {
  /** Where, for example `phones.0.number`; empty for the record as a whole. */
  readonly path: string;
  /** What is wrong and, where that can be said, how to fix it. */
  readonly reason: string;
  /** The second factors that the record would lose, one entry each. */
  readonly secondFactors?: readonly string[];
}

/** Thrown where a record is read, and caught where records are counted. */
export class RecordRefused extends Error {
  override readonly name = 'RecordRefused';
  readonly refusal: Refusal;

  constructor(path: string, reason: string, secondFactors?: readonly string[]) {
    super(reason);
    this.refusal = { path, reason, ...(secondFactors === undefined ? {} : { secondFactors }) };
  }
}
