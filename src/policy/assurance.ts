// Authenticator assurance levels (NIST SP 800-63B-4 section 2), derived from evidence. A session falls back from AAL2
// to AAL1 when its evidence is too old or when it has been idle for too long (section 2.2.3). The level is derived each
// time and is never stored.
import type { Evidence } from './evidence.ts';
import { Category, FACTOR_TRAITS, type FactorKind } from './factor-kind.ts';

export const AssuranceLevel = { AAL1: 'AAL1', AAL2: 'AAL2' } as const;
export type AssuranceLevel = (typeof AssuranceLevel)[keyof typeof AssuranceLevel];

/** How long AAL2 lasts. */
export interface Aal2Limits {
  /** Time after a factor was completed. */
  readonly overallSeconds: number;
  /** Time without any use of the session. */
  readonly idleSeconds: number;
}

/** The limits that NIST SP 800-63B-4 section 2.2.3 recommends: 24 hours and 1 hour. A tenant may choose others. */
export const AAL2_LIMITS: Aal2Limits = { overallSeconds: 86_400, idleSeconds: 3600 };
/** The shortest limit that a tenant may choose. A shorter one would end AAL2 before a step-up could be used. */
export const LEAST_AAL2_SECONDS = 300;
export const MOST_AAL2_SECONDS = 365 * 86_400;

/** What determines the level of a session besides its evidence. */
export interface Aging extends Aal2Limits {
  /** When the session was last resumed after being idle for too long, in seconds since 1970. Null if it never was. */
  readonly resumedAt: number | null;
}

/** The level of fresh evidence: AAL2 for two different categories. A password and a mailbox are one category. */
export function assuranceLevel(evidence: readonly Evidence[]): AssuranceLevel {
  return categoriesOf(evidence).size >= 2 ? AssuranceLevel.AAL2 : AssuranceLevel.AAL1;
}

/**
 * The level at a given time.
 *
 * @param aging omitted for the claims of a token, which expires when its level ends.
 * @param now seconds since 1970.
 */
export function assuranceLevelAt(
  evidence: readonly Evidence[],
  aging: Aging | undefined,
  now: number,
): AssuranceLevel {
  return now <= aal2Until(evidence, aging) ? AssuranceLevel.AAL2 : AssuranceLevel.AAL1;
}

/** The last second at which the evidence is AAL2: -Infinity when it is not AAL2, Infinity when it does not age. */
export function aal2Until(evidence: readonly Evidence[], aging: Aging | undefined): number {
  const newestFirst = evidence
    .filter((one) => one.categories.length > 0)
    .toSorted((one, other) => other.completedAt - one.completedAt);
  const [newest] = newestFirst;
  if (newest === undefined) return -Infinity;
  // After an idle period, one new proof restores AAL2 until the overall limit.
  if (aging?.resumedAt != null && newest.completedAt < aging.resumedAt) return -Infinity;
  const proved = new Set<Category>();
  for (const { categories, completedAt } of newestFirst) {
    for (const category of categories) proved.add(category);
    if (proved.size >= 2) return aging === undefined ? Infinity : completedAt + aging.overallSeconds;
  }
  return -Infinity;
}

/** The evidence that is recent enough to count towards AAL2. */
export function lastingEvidence(evidence: readonly Evidence[], aging: Aging, now: number): Evidence[] {
  return evidence.filter((one) => now - one.completedAt <= aging.overallSeconds);
}

/** The evidence without what would raise the session to AAL2. */
export function evidenceBelowAal2(evidence: readonly Evidence[]): readonly Evidence[] {
  if (assuranceLevel(evidence) === AssuranceLevel.AAL1) return evidence;
  return evidence.filter((one) => !one.categories.includes(Category.POSSESSION));
}

/** Every category that the evidence proves. */
export function categoriesOf(evidence: readonly Evidence[]): Set<Category> {
  return new Set(evidence.flatMap((one) => one.categories));
}

/** The `acr` value of a level: `aal1`, `aal2`. */
export function acrOf(level: AssuranceLevel): 'aal1' | 'aal2' {
  return level === AssuranceLevel.AAL2 ? 'aal2' : 'aal1';
}

/**
 * The `acr` values that a requirement takes, in the order of preference (RFC 9470 section 3). `phr` and `phrh` are those of
 * the OpenID Connect Extended Authentication Profile for phishing-resistant authentication, by any key and by one that
 * hardware protects.
 */
export function acrValuesOf(level: AssuranceLevel, accept: readonly FactorKind[]): readonly string[] {
  const isPhishingResistant = accept.every((kind) => FACTOR_TRAITS[kind].isPhishingResistant === true);
  const acr = acrOf(level);
  return level === AssuranceLevel.AAL2 && isPhishingResistant ? ['phr', 'phrh', acr] : [acr];
}

/** `amr` (RFC 8176): every method of the session, and `mfa` at AAL2. */
export function amrOf(
  evidence: readonly Evidence[],
  level: AssuranceLevel = assuranceLevel(evidence),
): string[] {
  const methods = new Set(evidence.flatMap((one) => one.amr));
  if (level === AssuranceLevel.AAL2) methods.add('mfa');
  return [...methods];
}
