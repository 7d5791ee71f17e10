// Writes a session's auth context into the claims of an access token, and reads it back: `acr`, `amr` and `auth_time`
// (OpenID Connect Core), `roles`, and `mfa`, which holds the time at which each factor was completed. Reading fails
// closed: a claim that is missing or malformed never grants anything.
import { AssuranceLevel, acrOf, amrOf, assuranceLevelAt, evidenceBelowAal2 } from './assurance.ts';
import type { AuthContext } from './decision.ts';
import { authTime, type Evidence, evidenceOf } from './evidence.ts';
import {
  categoriesWhenVerified,
  FACTOR_KINDS,
  FACTOR_TRAITS,
  type FactorKind,
  SECOND_FACTORS,
} from './factor-kind.ts';

/** A type alias, not an interface, so that it is assignable to a record of arbitrary claims. */
export type AuthContextClaims = {
  readonly acr?: string;
  readonly amr?: readonly string[];
  readonly auth_time?: number | undefined;
  readonly roles: readonly string[];
  readonly mfa: {
    /** When each factor was completed, by factor id, in seconds since 1970. */
    readonly c: Readonly<Record<string, number>>;
    /** The second factors that the user has. */
    readonly e: readonly string[];
    /** When what was proved was enrolled, by factor id, in seconds since 1970. A factor of unknown age is left out. */
    readonly a?: Readonly<Record<string, number>>;
    /** The factors in `c` that only identified the user. */
    readonly i?: readonly string[];
    /** The factors in `c` that verified the user as well, so that each proved two categories. */
    readonly u?: readonly string[];
    /** Whether the session meets the tenant's policy. */
    readonly v: boolean;
  };
};

/** @param now when the token is issued, in seconds since 1970. */
export function authContextClaims(
  { evidence, enrolled, roles, aging, agent }: AuthContext,
  meetsPolicy: boolean,
  now: number,
): AuthContextClaims {
  // Nobody was authenticated for an agent, so its token says nothing of how.
  if (agent) return { roles: [...roles], mfa: { c: {}, e: enrolled.map(idOf).toSorted(), v: false } };
  const level = assuranceLevelAt(evidence, aging, now);
  const completedAt = evidence.map((one) => [idOf(one.factor), one.completedAt]);
  const enrolledAt = evidence.flatMap((one) =>
    one.enrolledAt === undefined ? [] : [[idOf(one.factor), one.enrolledAt] as const],
  );
  const identifying = evidence.filter((one) => one.categories.length === 0).map((one) => idOf(one.factor));
  const verifying = evidence.filter(isVerified).map((one) => idOf(one.factor));
  return {
    acr: acrOf(level),
    amr: amrOf(evidence, level),
    auth_time: authTime(evidence),
    roles: [...roles],
    mfa: {
      c: Object.fromEntries(completedAt),
      e: enrolled.map(idOf).toSorted(),
      ...(enrolledAt.length === 0 ? {} : { a: Object.fromEntries(enrolledAt) }),
      ...(identifying.length === 0 ? {} : { i: identifying }),
      ...(verifying.length === 0 ? {} : { u: verifying }),
      v: meetsPolicy,
    },
  };
}

/** @param latest evidence completed after this time is ignored, in seconds since 1970. */
export function authContextFrom(claims: Readonly<Record<string, unknown>>, latest: number): AuthContext {
  const mfa = recordOf(claims['mfa']);
  const roles = textsOf(claims['roles']) ?? [];
  const enrolled = enrolledOf(mfa['e']);
  // Whatever the claim contains: who acts is not the user.
  if (claims['act'] !== undefined)
    return { evidence: [], enrolled, roles, agent: { name: nameOf(claims['act']) } };
  return { evidence: believable(evidenceIn(mfa, latest), claims['acr']), enrolled, roles };
}

function evidenceIn(mfa: Readonly<Record<string, unknown>>, latest: number): Evidence[] {
  const identifying = mfa['i'] === undefined ? [] : textsOf(mfa['i']);
  const verifying = textsOf(mfa['u']) ?? [];
  const enrolledAt = recordOf(mfa['a']);
  return Object.entries(recordOf(mfa['c'])).flatMap(([id, completedAt]) => {
    const factor = kindOf(id);
    if (factor === undefined || !isTime(completedAt) || completedAt > latest) return [];
    // If `mfa.i` is malformed, any of the factors could be one that only identified the user.
    const provedNothing = identifying?.includes(id) ?? true;
    if (provedNothing) return evidenceOf(factor, completedAt, []);
    const isVerified = verifying.includes(id);
    const found = evidenceOf(
      factor,
      completedAt,
      isVerified ? categoriesWhenVerified(factor) : FACTOR_TRAITS[factor].categories,
    );
    const since = enrolledAt[id];
    return isTime(since) ? { ...found, enrolledAt: since } : found;
  });
}

function isVerified({ factor, categories }: Evidence): boolean {
  const { verifies } = FACTOR_TRAITS[factor];
  return verifies !== undefined && categories.includes(verifies);
}

/**
 * The issuer knows more than the other claims say: a phone may have only identified the user, and an older server did
 * not write `mfa.i`. If `acr` is below AAL2, evidence that would raise the session to AAL2 is ignored.
 */
function believable(evidence: readonly Evidence[], acr: unknown): readonly Evidence[] {
  return acr === acrOf(AssuranceLevel.AAL2) ? evidence : evidenceBelowAal2(evidence);
}

/**
 * The evidence that both the token and its session hold, each with the older of the two times. A token never gains
 * evidence that was added to the session after it was issued (ASVS 5.0 section 7.2.4).
 */
export function lesserEvidence(held: readonly Evidence[], claimed: readonly Evidence[]): Evidence[] {
  return held.flatMap(({ since, enrolledAt, ...one }) => {
    const said = claimed.find(({ factor }) => factor === one.factor);
    if (said === undefined || said.completedAt < (since ?? one.completedAt)) return [];
    const isSameProof = said.completedAt === one.completedAt && said.categories.length > 0;
    const categories = isSameProof
      ? one.categories // a token of an older version does not record that a passkey proved two categories
      : one.categories.filter((category) => said.categories.includes(category));
    const isAgeKnown = enrolledAt !== undefined && said.enrolledAt !== undefined;
    return {
      ...one,
      categories,
      completedAt: Math.min(one.completedAt, said.completedAt),
      // The younger of two authenticators, of which only one may have been proved with this token.
      ...(isAgeKnown ? { enrolledAt: Math.max(enrolledAt, said.enrolledAt) } : {}),
    };
  });
}

/** If the claim is missing or malformed, the user may have any second factor, so a first factor is never enough. */
function enrolledOf(claim: unknown): readonly FactorKind[] {
  const ids = textsOf(claim);
  if (ids === null) return SECOND_FACTORS;
  const kinds = ids.flatMap((id) => SECOND_FACTORS.find((kind) => idOf(kind) === id) ?? []);
  return kinds.length === ids.length ? kinds : SECOND_FACTORS;
}

function idOf(kind: FactorKind): string {
  return FACTOR_TRAITS[kind].factorId;
}

function kindOf(id: string): FactorKind | undefined {
  return FACTOR_KINDS.find((kind) => idOf(kind) === id);
}

function nameOf(act: unknown): string | null {
  const { name } = recordOf(act);
  return typeof name === 'string' ? name : null;
}

function isTime(value: unknown): value is number {
  return Number.isSafeInteger(value);
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  const isRecord = typeof value === 'object' && value !== null;
  return isRecord ? (value as Readonly<Record<string, unknown>>) : {};
}

function textsOf(value: unknown): string[] | null {
  return Array.isArray(value) && value.every((one) => typeof one === 'string') ? value : null;
}
