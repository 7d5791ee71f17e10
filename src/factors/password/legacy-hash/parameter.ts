// Reads a numeric parameter of a hash. Imported files are not trusted, and the parameters determine the work of each
// sign-in, so each one is checked against limits before use.
import { LegacyHashError } from './scheme.ts';

interface Limits {
  /** The name in the message, for example `The rounds of a PBKDF2 hash`. */
  readonly name: string;
  readonly least: number;
  readonly most: number;
}

/**
 * @throws {LegacyHashRefused} unless the text is a decimal without sign, leading zeros or exponent, and within limits.
 */
export function parameter(text: string | undefined, { name, least, most }: Limits): number {
  const value = /^(?:0|[1-9]\d{0,14})$/.test(text ?? '') ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw new LegacyHashError(`${name} must be a whole number from ${least} to ${most}.`);
}
