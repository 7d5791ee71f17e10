// What a token says of a session and its user, and how much of it may be believed: `acr`, `amr` and `auth_time` (OpenID
// Connect Core), `roles`, and `mfa`, which holds the seconds at which each factor was completed. Reading never makes more
// of a token than was written, and takes every doubt for the worse.
import { AssuranceLevel, acrOf, amrOf, assuranceLevelAt, evidenceBelowAal2 } from './assurance.ts';
import type { Standing } from './decision.ts';
import { authTime, type Evidence, evidenceOf } from './evidence.ts';
import { FACTOR_KINDS, FACTOR_TRAITS, type FactorKind, SECOND_FACTORS } from './factor-kind.ts';

/** A type and no interface, so that it may stand wherever claims of any kind may. */
export type StandingClaims = {
  readonly acr: string;
  readonly amr: readonly string[];
  readonly auth_time: number | undefined;
  readonly roles: readonly string[];
  readonly mfa: {
    /** When each factor was completed, in seconds since 1970, under its factor id. */
    readonly c: Readonly<Record<string, number>>;
    /** The second factors that the user has. */
    readonly e: readonly string[];
    /** Those of `c` that only identified the user. */
    readonly i?: readonly string[];
    /** Whether the policy's demands are met. */
    readonly v: boolean;
  };
};

/** @param now when the token is issued, in seconds since 1970. */
export function standingClaims(
  { evidence, enrolled, roles, aging }: Standing,
  meetsPolicy: boolean,
  now: number,
): StandingClaims {
  const level = assuranceLevelAt(evidence, aging, now);
  const completedAt = evidence.map((one) => [idOf(one.factor), one.completedAt]);
  const identifying = evidence.filter((one) => one.categories.length === 0).map((one) => idOf(one.factor));
  return {
    acr: acrOf(level),
    amr: amrOf(evidence, level),
    auth_time: authTime(evidence),
    roles: [...roles],
    mfa: {
      c: Object.fromEntries(completedAt),
      e: enrolled.map(idOf).toSorted(),
      ...(identifying.length === 0 ? {} : { i: identifying }),
      v: meetsPolicy,
    },
  };
}

/** @param latest what was completed after this is no evidence, in seconds since 1970. */
export function standingOf(claims: Readonly<Record<string, unknown>>, latest: number): Standing {
  const mfa = recordOf(claims['mfa']);
  const roles = textsOf(claims['roles']) ?? [];
  const enrolled = enrolledOf(mfa['e']);
  return { evidence: believable(evidenceIn(mfa, latest), claims['acr']), enrolled, roles };
}

function evidenceIn(mfa: Readonly<Record<string, unknown>>, latest: number): Evidence[] {
  const identifying = mfa['i'] === undefined ? [] : textsOf(mfa['i']);
  return Object.entries(recordOf(mfa['c'])).flatMap(([id, completedAt]) => {
    const factor = kindOf(id);
    if (factor === undefined || !isTime(completedAt) || completedAt > latest) return [];
    // Where it is not clear which of them proved nothing, none proved anything.
    const provedNothing = identifying?.includes(id) ?? true;
    return evidenceOf(factor, completedAt, provedNothing ? [] : FACTOR_TRAITS[factor].categories);
  });
}

/**
 * The issuer knows more than a token says (a phone that only identified, a server that did not yet say so): where it
 * calls the session less than AAL2, what would make it more does not count.
 */
function believable(evidence: readonly Evidence[], acr: unknown): readonly Evidence[] {
  return acr === acrOf(AssuranceLevel.AAL2) ? evidence : evidenceBelowAal2(evidence);
}

/**
 * What a token opens of its session: the evidence that it names and that the session still holds, each as old as the
 * older of the two says. What was proved after the token was issued is not in it (ASVS 5.0 section 7.2.4).
 */
export function lesserEvidence(held: readonly Evidence[], claimed: readonly Evidence[]): Evidence[] {
  return held.flatMap(({ since, ...one }) => {
    const said = claimed.find(({ factor }) => factor === one.factor);
    if (said === undefined || said.completedAt < (since ?? one.completedAt)) return [];
    const isSameProof = said.completedAt === one.completedAt && said.categories.length > 0;
    const categories = isSameProof
      ? one.categories // a token does not say that a passkey proved two
      : one.categories.filter((category) => said.categories.includes(category));
    return { ...one, categories, completedAt: Math.min(one.completedAt, said.completedAt) };
  });
}

/** When it is unknown, it could be any: then nobody passes by a first factor for want of a second. */
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
