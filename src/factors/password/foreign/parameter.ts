// A number among the parameters of a hash. A hash comes from a file that anybody may have written, and its parameters
// say how much work each sign-in will be: none is used before it is known to be within limits.
import { ForeignHashRefused } from './scheme.ts';

interface Limits {
  /** As the message calls it, for example `The rounds of a PBKDF2 hash`. */
  readonly name: string;
  readonly least: number;
  readonly most: number;
}

/** @throws {ForeignHashRefused} unless it is a decimal without sign, leading zeros or exponent, and within limits. */
export function parameter(text: string | undefined, { name, least, most }: Limits): number {
  const value = /^(?:0|[1-9]\d{0,14})$/.test(text ?? '') ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw new ForeignHashRefused(`${name} must be a whole number from ${least} to ${most}.`);
}
