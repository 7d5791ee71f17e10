// What a field with `@stepUp` requires of the caller.
import { type FactorKind, SECOND_FACTORS, SECOND_STEPS } from './factor-kind.ts';

export const StepUpRequire = {
  /** Always a second factor. A user without one must enroll one first. */
  SECOND_FACTOR: 'SECOND_FACTOR',
  /** The strongest factor that the user has: a second factor, or a first factor for a user without a second one. */
  STRONGEST_ENROLLED: 'STRONGEST_ENROLLED',
} as const;
export type StepUpRequire = (typeof StepUpRequire)[keyof typeof StepUpRequire];

export const StepUpBind = {
  /** One proof counts for every field that accepts it, until it is older than the field's `maxAge`. */
  SESSION: 'SESSION',
  /** A proof counts for one operation with its arguments, and only once. */
  OPERATION: 'OPERATION',
} as const;
export type StepUpBind = (typeof StepUpBind)[keyof typeof StepUpBind];

/** What a `@stepUp` directive demands, with every default filled in. Made by `requirement`. */
export interface Requirement {
  /** The maximum age of the proof, in seconds. A proof of exactly this age still counts. */
  readonly maxAge: number;
  /** The second factors that are accepted. Never empty. */
  readonly accept: readonly FactorKind[];
  /** Whether a first factor is accepted from a user who has no second factor. */
  readonly require: StepUpRequire;
  /** Whether a proof counts for the whole session or for one operation only. */
  readonly bind: StepUpBind;
  /** What the user approves with a bound proof, for example `Pay {amount} to {recipient}`. Null when not described. */
  readonly describe: string | null;
  /** The minimum age of the factor, in seconds: how long ago what is proved was enrolled. 0 for any. */
  readonly minFactorAge: number;
}

/** The arguments of `@stepUp` as you write them. Omitted or null arguments take their defaults. */
export interface RequirementOptions {
  /** The maximum age of the proof, in seconds. Default: `DEFAULT_MAX_AGE_SECONDS` (600). */
  readonly maxAge?: number | null | undefined;
  /** The accepted second factors: one, or a list. Default: every second factor that a user can enroll. */
  readonly accept?: FactorKind | readonly FactorKind[] | null | undefined;
  /** Whether a first factor is accepted from a user who has no second factor. Default: `SECOND_FACTOR`. */
  readonly require?: StepUpRequire | null | undefined;
  /** Whether a proof counts for the whole session or for one operation only. Default: `SESSION`. */
  readonly bind?: StepUpBind | null | undefined;
  /** What the user approves with a bound proof. `{argument}` inserts an argument's value. Needs `bind: OPERATION`. */
  readonly describe?: string | null | undefined;
  /** The minimum age of the factor, in seconds. One that was enrolled more recently does not count. Default: 0. */
  readonly minFactorAge?: number | null | undefined;
}

/** The maximum age of a proof where `@stepUp` does not set `maxAge`. */
export const DEFAULT_MAX_AGE_SECONDS = 600;

/**
 * The arguments of a guard are invalid. Thrown when the schema is built, so that no request ever meets such a guard.
 */
export class RequirementError extends Error {
  override readonly name = 'RequirementError';
}

/** The largest value of GraphQL's `Int`, the type of `maxAge` and `minFactorAge`: 68 years. */
const LONGEST_SECONDS = 2 ** 31 - 1;

/**
 * Validates the arguments of `@stepUp` and fills in the defaults.
 *
 * @throws {RequirementError} when an argument is invalid, or when no user could ever meet the requirement.
 */
export function requirement(options: RequirementOptions = {}): Requirement {
  const maxAge = options.maxAge ?? DEFAULT_MAX_AGE_SECONDS;
  if (!Number.isInteger(maxAge) || maxAge < 1 || maxAge > LONGEST_SECONDS) {
    throw new RequirementError(
      `maxAge must be a whole number of seconds from 1 to ${LONGEST_SECONDS}, not ${maxAge}.`,
    );
  }
  const accept = acceptedFactors(options.accept);
  const require = options.require ?? StepUpRequire.SECOND_FACTOR;
  if (!Object.hasOwn(StepUpRequire, require)) {
    throw new RequirementError(
      `require must be one of ${Object.keys(StepUpRequire).join(', ')}, not ${require}.`,
    );
  }
  const bind = options.bind ?? StepUpBind.SESSION;
  if (!Object.hasOwn(StepUpBind, bind)) {
    throw new RequirementError(`bind must be one of ${Object.keys(StepUpBind).join(', ')}, not ${bind}.`);
  }
  const describe = options.describe ?? null;
  if (describe !== null && bind !== StepUpBind.OPERATION) {
    throw new RequirementError(
      'describe needs bind: OPERATION, because it describes the one operation that a proof approves.',
    );
  }
  const minFactorAge = options.minFactorAge ?? 0;
  if (!Number.isInteger(minFactorAge) || minFactorAge < 0 || minFactorAge > LONGEST_SECONDS) {
    throw new RequirementError(
      `minFactorAge must be a whole number of seconds from 0 to ${LONGEST_SECONDS}, not ${minFactorAge}.`,
    );
  }
  return { maxAge, accept, require, bind, describe, minFactorAge };
}

/** Leaves out second factors that no user can enroll yet. If none is left, no user could meet the requirement. */
function acceptedFactors(written: RequirementOptions['accept']): readonly FactorKind[] {
  if (written == null) return SECOND_STEPS;
  const kinds = typeof written === 'string' ? [written] : written;
  const others = kinds.filter((kind) => !SECOND_FACTORS.includes(kind));
  const accept = kinds.filter((kind) => SECOND_STEPS.includes(kind));
  if (others.length === 0 && accept.length > 0) return accept;
  const names = `accept must list one or more second factors (${SECOND_STEPS.join(', ')})`;
  if (others.length > 0)
    throw new RequirementError(`${names}, and ${others.join(', ')} is not a second factor.`);
  throw new RequirementError(
    kinds.length === 0 ? `${names}.` : `${names}, and no user can enroll ${kinds.join(' or ')} yet.`,
  );
}
