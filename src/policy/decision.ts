// The decision about one guarded field: pure, synchronous, and the only place that compares assurance and age.
import { type Aging, AssuranceLevel, acrOf, assuranceLevelAt } from './assurance.ts';
import { authTime, type Evidence } from './evidence.ts';
import { Category, type FactorKind } from './factor-kind.ts';
import { type Requirement, StepUpBind, StepUpRequire } from './requirement.ts';

/** What is known about the caller when a decision is made. Null stands for nobody. */
export interface Standing {
  readonly evidence: readonly Evidence[];
  /** What the session itself holds, where that is known: `evidence` is the part that the caller's token opens. */
  readonly held?: readonly Evidence[];
  /** How the level ages; left out where the token is all that is known. */
  readonly aging?: Aging;
  /** The second factors that the user has and could prove. */
  readonly enrolled: readonly FactorKind[];
  readonly roles: readonly string[];
}

export const RefusalCode = {
  UNAUTHENTICATED: 'UNAUTHENTICATED',
  STEP_UP_REQUIRED: 'STEP_UP_REQUIRED',
  ENROLLMENT_REQUIRED: 'ENROLLMENT_REQUIRED',
  FORBIDDEN: 'FORBIDDEN',
} as const;
export type RefusalCode = (typeof RefusalCode)[keyof typeof RefusalCode];

export const Remedy = { SIGN_IN: 'SIGN_IN', STEP_UP: 'STEP_UP', ENROLL: 'ENROLL' } as const;
export type Remedy = (typeof Remedy)[keyof typeof Remedy];

/** Why a field is refused and what would help: the `extensions` of the GraphQL error. */
export interface Refusal {
  readonly code: RefusalCode;
  readonly remedy: Remedy | null;
  /** `acr` values that would do, RFC 9470 section 3. */
  readonly acrValues: readonly string[] | null;
  /** Seconds, RFC 9470 section 3. */
  readonly maxAge: number | null;
  readonly accept: readonly FactorKind[] | null;
  /** With `accept` and `maxAge` what a step-up is started with, so that its proof will do. */
  readonly require: StepUpRequire | null;
  /** Whether the proof must be made for this very operation. */
  readonly bind: StepUpBind | null;
  /** When one of the accepted factors was last proved in this session, in seconds since 1970. */
  readonly lastVerifiedAt: number | null;
  /**
   * Whether the session already holds what is demanded and only the access token is too old to say so: refresh it, and
   * ask nobody. Left out where it is not known.
   */
  readonly refreshSuffices?: boolean;
}

/** Evidence from later than this is no evidence: the clocks disagree, and doubt refuses. */
const CLOCK_TOLERANCE_SECONDS = 5;

const NOTHING_HELPS = {
  acrValues: null,
  maxAge: null,
  accept: null,
  require: null,
  bind: null,
  lastVerifiedAt: null,
};

export const ANONYMOUS: Refusal = { code: 'UNAUTHENTICATED', remedy: 'SIGN_IN', ...NOTHING_HELPS };

export function refuseAnonymous(standing: Standing | null): Refusal | null {
  return standing === null ? ANONYMOUS : null;
}

export function refuseRole(standing: Standing | null, role: string): Refusal | null {
  const anonymous = refuseAnonymous(standing);
  if (anonymous !== null) return anonymous;
  return rolesOf(standing).includes(role) ? null : { code: 'FORBIDDEN', remedy: null, ...NOTHING_HELPS };
}

/** One role, given as text, is a list of one: a part of its name is no role. */
function rolesOf(standing: Standing | null): readonly unknown[] {
  return [standing?.roles as unknown].flat();
}

/**
 * Null when the requirement is met by what the session has proved, as one that is bound to an operation never is.
 * @param now seconds since 1970.
 */
export function refuseStepUp(standing: Standing | null, demand: Requirement, now: number): Refusal | null {
  if (standing === null) {
    const level = demand.require === StepUpRequire.SECOND_FACTOR ? AssuranceLevel.AAL2 : AssuranceLevel.AAL1;
    const { maxAge, accept, require, bind } = demand;
    return { ...ANONYMOUS, acrValues: [acrOf(level)], maxAge, accept, require, bind };
  }
  // What the session has proved was proved for something else.
  if (demand.bind === StepUpBind.OPERATION) return refuseEvidence([], standing, demand, now);
  const refusal = refuseEvidence(until(standing.evidence, now), standing, demand, now);
  if (refusal === null || standing.held === undefined) return refusal;
  const refreshSuffices = refuseEvidence(until(standing.held, now), standing, demand, now) === null;
  return { ...refusal, refreshSuffices };
}

function until(evidence: readonly Evidence[], now: number): Evidence[] {
  return evidence.filter((one) => one.completedAt <= now + CLOCK_TOLERANCE_SECONDS);
}

function refuseEvidence(
  evidence: readonly Evidence[],
  standing: Standing,
  demand: Requirement,
  now: number,
): Refusal | null {
  return strongestIsFirstFactor(standing, demand)
    ? refuseStaleFirstFactor(evidence, demand, now)
    : refuseWithoutSecondFactor(evidence, standing, demand, now);
}

/** Whether a first factor will do, because the user has no second one and the requirement says so. */
function strongestIsFirstFactor({ enrolled }: Standing, demand: Requirement): boolean {
  return demand.require === StepUpRequire.STRONGEST_ENROLLED && enrolled.length === 0;
}

function refuseStaleFirstFactor(
  evidence: readonly Evidence[],
  { maxAge, require, bind }: Requirement,
  now: number,
): Refusal | null {
  // A phone number that only identifies its user has proved nothing: a SIM swap must not be enough for a new password.
  const proofs = evidence.filter((one) => one.categories.length > 0);
  if (isFresh(proofs, maxAge, now)) return null;
  return {
    code: 'STEP_UP_REQUIRED',
    remedy: 'STEP_UP',
    acrValues: [acrOf(AssuranceLevel.AAL1)],
    maxAge,
    accept: null,
    require,
    bind,
    lastVerifiedAt: authTime(proofs) ?? null,
  };
}

function refuseWithoutSecondFactor(
  evidence: readonly Evidence[],
  { enrolled, aging }: Standing,
  { maxAge, accept, require, bind }: Requirement,
  now: number,
): Refusal | null {
  const accepted = evidence.filter(
    (one) => accept.includes(one.factor) && one.categories.includes(Category.POSSESSION),
  );
  const level = assuranceLevelAt(evidence, aging, now);
  if (isFresh(accepted, maxAge, now) && level === AssuranceLevel.AAL2) return null;
  const canProve = enrolled.some((kind) => accept.includes(kind));
  return {
    code: canProve ? 'STEP_UP_REQUIRED' : 'ENROLLMENT_REQUIRED',
    remedy: canProve ? 'STEP_UP' : 'ENROLL',
    acrValues: [acrOf(AssuranceLevel.AAL2)],
    maxAge,
    accept,
    require,
    bind,
    lastVerifiedAt: authTime(accepted) ?? null,
  };
}

function isFresh(evidence: readonly Evidence[], maxAge: number, now: number): boolean {
  return evidence.some((one) => now - one.completedAt <= maxAge);
}
