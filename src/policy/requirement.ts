// What a guarded field demands of the session that asks for it.
import { type FactorKind, SECOND_FACTORS, SECOND_STEPS } from './factor-kind.ts';

export const StepUpRequire = {
  /** A second factor, always: a user who has none is told to enroll one. */
  SECOND_FACTOR: 'SECOND_FACTOR',
  /** The strongest that the user has: a second factor, or the first one for a user who has no second. */
  STRONGEST_ENROLLED: 'STRONGEST_ENROLLED',
} as const;
export type StepUpRequire = (typeof StepUpRequire)[keyof typeof StepUpRequire];

export const StepUpBind = {
  /** A proof opens every field that it is strong and fresh enough for, for as long as it is fresh. */
  SESSION: 'SESSION',
  /** A proof is made for one operation with its arguments, and used once. */
  OPERATION: 'OPERATION',
} as const;
export type StepUpBind = (typeof StepUpBind)[keyof typeof StepUpBind];

export interface Requirement {
  /** How old the proof may be, in seconds. A proof of exactly this age is still fresh. */
  readonly maxAge: number;
  /** The second factors that count. */
  readonly accept: readonly FactorKind[];
  readonly require: StepUpRequire;
  readonly bind: StepUpBind;
  /** What a bound proof approves, in words: `Pay {amount} to {recipient}`. */
  readonly describe: string | null;
}

/** The arguments of `@stepUp` as an API's author writes them. */
export interface RequirementOptions {
  readonly maxAge?: number | null | undefined;
  /** One may be written without its list. */
  readonly accept?: FactorKind | readonly FactorKind[] | null | undefined;
  readonly require?: StepUpRequire | null | undefined;
  readonly bind?: StepUpBind | null | undefined;
  readonly describe?: string | null | undefined;
}

export const DEFAULT_MAX_AGE_SECONDS = 600;

/** The author's mistake, found when the schema is built and not when the first user is refused for ever. */
export class RequirementError extends Error {
  override readonly name = 'RequirementError';
}

/** The largest value of GraphQL's `Int`, which `maxAge` is: 68 years. */
const LONGEST_MAX_AGE_SECONDS = 2 ** 31 - 1;

/** Fills in the defaults; the only place that knows them. @throws {RequirementError} for what nobody could meet. */
export function requirement(options: RequirementOptions = {}): Requirement {
  const maxAge = options.maxAge ?? DEFAULT_MAX_AGE_SECONDS;
  if (!Number.isInteger(maxAge) || maxAge < 1 || maxAge > LONGEST_MAX_AGE_SECONDS) {
    throw new RequirementError(
      `maxAge is a whole number of seconds from 1 to ${LONGEST_MAX_AGE_SECONDS}, not ${maxAge}.`,
    );
  }
  const accept = acceptedFactors(options.accept);
  const require = options.require ?? StepUpRequire.SECOND_FACTOR;
  if (!Object.hasOwn(StepUpRequire, require)) {
    throw new RequirementError(`require is one of ${Object.keys(StepUpRequire).join(', ')}, not ${require}.`);
  }
  const bind = options.bind ?? StepUpBind.SESSION;
  if (!Object.hasOwn(StepUpBind, bind)) {
    throw new RequirementError(`bind is one of ${Object.keys(StepUpBind).join(', ')}, not ${bind}.`);
  }
  const describe = options.describe ?? null;
  if (describe !== null && bind !== StepUpBind.OPERATION) {
    throw new RequirementError('describe says what a bound proof approves: it needs bind: OPERATION.');
  }
  return { maxAge, accept, require, bind, describe };
}

/** What nobody can be asked for is left out. Where nothing else was accepted, nobody could meet the requirement. */
function acceptedFactors(written: RequirementOptions['accept']): readonly FactorKind[] {
  if (written == null) return SECOND_STEPS;
  const kinds = typeof written === 'string' ? [written] : written;
  const others = kinds.filter((kind) => !SECOND_FACTORS.includes(kind));
  const accept = kinds.filter((kind) => SECOND_STEPS.includes(kind));
  if (others.length === 0 && accept.length > 0) return accept;
  const names = `accept names one or more second factors (${SECOND_STEPS.join(', ')})`;
  if (others.length > 0) throw new RequirementError(`${names}, and ${others.join(', ')} is none.`);
  throw new RequirementError(
    kinds.length === 0 ? `${names}.` : `${names}, and no user can enroll ${kinds.join(' or ')} yet.`,
  );
}
