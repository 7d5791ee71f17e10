// Decides whether a caller may use one guarded field. Pure and synchronous, and the only code that compares assurance
// and age.
import { type Aging, AssuranceLevel, acrOf, acrValuesOf, assuranceLevelAt } from './assurance.ts';
import { authTime, type Evidence, isOldEnough } from './evidence.ts';
import { Category, FactorKind, SECOND_STEPS } from './factor-kind.ts';
import { type Requirement, StepUpBind, StepUpRequire } from './requirement.ts';

/** What is known about a signed-in caller. Functions that accept an auth context take null for an anonymous caller. */
export interface AuthContext {
  /** The completed factors that count for this caller: what both the access token and the session hold. */
  readonly evidence: readonly Evidence[];
  /** Everything that the session holds, where that is known. It may be newer than the caller's access token. */
  readonly held?: readonly Evidence[];
  /** When the session falls back to AAL1. Omitted where only the token is known: the token expires at that time. */
  readonly aging?: Aging;
  /** The second factors that the user has and can use now. */
  readonly enrolled: readonly FactorKind[];
  /**
   * Whether a user without a second factor can prove one at the identity provider with which the session began. Omitted
   * where it is not known.
   */
  readonly atProvider?: boolean;
  /** The user's roles, as `@requiresRole` names them. */
  readonly roles: readonly string[];
  /** The agent that acts for the user with a token of its own. Null or omitted for the user. */
  readonly agent?: { readonly name: string | null } | null | undefined;
}

/** Why a field was refused: `extensions.code` of the GraphQL error. */
export const RefusalCode = {
  UNAUTHENTICATED: 'UNAUTHENTICATED',
  STEP_UP_REQUIRED: 'STEP_UP_REQUIRED',
  ENROLLMENT_REQUIRED: 'ENROLLMENT_REQUIRED',
  FORBIDDEN: 'FORBIDDEN',
} as const;
export type RefusalCode = (typeof RefusalCode)[keyof typeof RefusalCode];

/** What a client can do about a refusal: sign in, start a step-up, or enroll a second factor. */
export const Remedy = { SIGN_IN: 'SIGN_IN', STEP_UP: 'STEP_UP', ENROLL: 'ENROLL' } as const;
export type Remedy = (typeof Remedy)[keyof typeof Remedy];

/** Why a field was refused and what the client can do about it: the `extensions` of the GraphQL error. */
export interface Refusal {
  readonly code: RefusalCode;
  /** Null when the caller can do nothing about it: a role is missing, or the caller is an agent. */
  readonly remedy: Remedy | null;
  /** The `acr` values that would be accepted, the preferred one first (RFC 9470 section 3). */
  readonly acrValues: readonly string[] | null;
  /** The maximum age of the proof, in seconds (RFC 9470 section 3). */
  readonly maxAge: number | null;
  /** The second factors that would be accepted. */
  readonly accept: readonly FactorKind[] | null;
  /** Pass `accept`, `maxAge` and `require` to `startStepUp`, so that its proof meets the requirement. */
  readonly require: StepUpRequire | null;
  /** Whether the proof must be made for this operation. */
  readonly bind: StepUpBind | null;
  /** When one of the accepted factors was last completed in this session, in seconds since 1970. */
  readonly lastVerifiedAt: number | null;
  /** The minimum age of the factor, in seconds. Omitted when the field takes factors of any age. */
  readonly minFactorAge?: number;
  /**
   * When a factor that was proved in this session is old enough, in seconds since 1970. Null when none is known to become
   * so. Another factor that is older helps at once. Omitted when the field takes factors of any age.
   */
  readonly oldEnoughAt?: number | null;
  /**
   * True when the session already meets the requirement, but the access token was issued before it did. Refresh the
   * token instead of asking the user. Omitted where it is not known.
   */
  readonly refreshSuffices?: boolean;
  /** True when the field needs a proof in the session of a person, so that an agent is always refused. Omitted otherwise. */
  readonly agentRefused?: true;
  /** Present if the user steps up at another issuer than Stepgate: the page that starts it. Null if it is not known. */
  readonly stepUpUrl?: string | null;
}

/** Evidence dated further ahead than this is ignored: the clocks disagree, and the guard fails closed. */
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

/** An agent never has evidence, so nothing that it could do would help. */
export const REFUSED_AGENT: Refusal = {
  code: 'FORBIDDEN',
  remedy: null,
  ...NOTHING_HELPS,
  agentRefused: true,
};

export function refuseAnonymous(authContext: AuthContext | null): Refusal | null {
  return authContext === null ? ANONYMOUS : null;
}

export function refuseRole(authContext: AuthContext | null, role: string): Refusal | null {
  const anonymous = refuseAnonymous(authContext);
  if (anonymous !== null) return anonymous;
  return rolesOf(authContext).includes(role) ? null : { code: 'FORBIDDEN', remedy: null, ...NOTHING_HELPS };
}

/** A server in plain JavaScript may pass a string. It counts as a list of one, so that no substring of it matches. */
function rolesOf(authContext: AuthContext | null): readonly unknown[] {
  return [authContext?.roles as unknown].flat();
}

/**
 * Null when the session meets the requirement. A requirement with `bind: OPERATION` is never met by a session.
 * @param now seconds since 1970.
 */
export function refuseStepUp(
  authContext: AuthContext | null,
  demand: Requirement,
  now: number,
): Refusal | null {
  if (authContext === null) {
    const level = demand.require === StepUpRequire.SECOND_FACTOR ? AssuranceLevel.AAL2 : AssuranceLevel.AAL1;
    const { maxAge, accept, require, bind } = demand;
    const acrValues = acrValuesOf(level, accept);
    return { ...ANONYMOUS, acrValues, maxAge, accept, require, bind, ...ageOf([], demand, now) };
  }
  if (authContext.agent && demand.bind === StepUpBind.SESSION) return REFUSED_AGENT;
  // The session's own evidence was not made for this operation.
  if (demand.bind === StepUpBind.OPERATION) return refuseEvidence([], authContext, demand, now);
  const refusal = refuseEvidence(until(authContext.evidence, now), authContext, demand, now);
  if (refusal === null || authContext.held === undefined) return refusal;
  const refreshSuffices = refuseEvidence(until(authContext.held, now), authContext, demand, now) === null;
  return { ...refusal, refreshSuffices };
}

function until(evidence: readonly Evidence[], now: number): Evidence[] {
  return evidence.filter((one) => one.completedAt <= now + CLOCK_TOLERANCE_SECONDS);
}

function refuseEvidence(
  evidence: readonly Evidence[],
  authContext: AuthContext,
  demand: Requirement,
  now: number,
): Refusal | null {
  return strongestIsFirstFactor(authContext, demand)
    ? refuseStaleFirstFactor(evidence, demand, now)
    : refuseWithoutSecondFactor(evidence, authContext, demand, now);
}

/** Whether the requirement accepts a first factor, because this user has no second one. */
function strongestIsFirstFactor({ enrolled }: AuthContext, demand: Requirement): boolean {
  return demand.require === StepUpRequire.STRONGEST_ENROLLED && enrolled.length === 0;
}

function refuseStaleFirstFactor(
  evidence: readonly Evidence[],
  demand: Requirement,
  now: number,
): Refusal | null {
  const { maxAge, require, bind } = demand;
  // A phone number that only identifies its user proves nothing: a SIM swap must not be enough to set a new password.
  const proofs = evidence.filter((one) => one.categories.length > 0);
  if (isFresh(oldEnough(proofs, demand, now), maxAge, now)) return null;
  return {
    code: 'STEP_UP_REQUIRED',
    remedy: 'STEP_UP',
    acrValues: [acrOf(AssuranceLevel.AAL1)],
    maxAge,
    accept: null,
    require,
    bind,
    lastVerifiedAt: authTime(proofs) ?? null,
    ...ageOf(proofs, demand, now),
  };
}

function refuseWithoutSecondFactor(
  evidence: readonly Evidence[],
  { enrolled, atProvider = false, aging }: AuthContext,
  demand: Requirement,
  now: number,
): Refusal | null {
  const { maxAge, accept, require, bind } = demand;
  const accepted = evidence.filter(
    (one) => acceptsFactor(accept, one.factor) && one.categories.includes(Category.POSSESSION),
  );
  const level = assuranceLevelAt(evidence, aging, now);
  if (isFresh(oldEnough(accepted, demand, now), maxAge, now) && level === AssuranceLevel.AAL2) return null;
  // A provider does not say how old its second factor is, and a proof there is not made for an operation.
  const canProveThere =
    atProvider && enrolled.length === 0 && demand.minFactorAge === 0 && bind === StepUpBind.SESSION;
  const canProve =
    enrolled.some((kind) => accept.includes(kind)) ||
    (canProveThere && acceptsFactor(accept, FactorKind.OAUTH));
  return {
    code: canProve ? 'STEP_UP_REQUIRED' : 'ENROLLMENT_REQUIRED',
    remedy: canProve ? 'STEP_UP' : 'ENROLL',
    acrValues: acrValuesOf(AssuranceLevel.AAL2, accept),
    maxAge,
    accept,
    require,
    bind,
    lastVerifiedAt: authTime(accepted) ?? null,
    ...ageOf(accepted, demand, now),
  };
}

/**
 * An identity provider may say that a second factor was completed, but not which one. That counts where any second
 * factor is accepted.
 */
export function acceptsFactor(accept: readonly FactorKind[], factor: FactorKind): boolean {
  if (accept.includes(factor)) return true;
  return factor === FactorKind.OAUTH && SECOND_STEPS.every((kind) => accept.includes(kind));
}

function oldEnough(evidence: readonly Evidence[], { minFactorAge }: Requirement, now: number): Evidence[] {
  return evidence.filter((one) => isOldEnough(one, minFactorAge, now));
}

/** @param proofs the evidence that would count if its factors were old enough. */
function ageOf(
  proofs: readonly Evidence[],
  { minFactorAge }: Requirement,
  now: number,
): Pick<Refusal, 'minFactorAge' | 'oldEnoughAt'> {
  if (minFactorAge === 0) return {};
  const times = proofs
    .flatMap(({ enrolledAt }) => (enrolledAt === undefined ? [] : enrolledAt + minFactorAge))
    .filter((time) => time > now);
  return { minFactorAge, oldEnoughAt: times.length === 0 ? null : Math.min(...times) };
}

function isFresh(evidence: readonly Evidence[], maxAge: number, now: number): boolean {
  return evidence.some((one) => now - one.completedAt <= maxAge);
}
