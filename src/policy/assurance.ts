// Authenticator assurance (NIST SP 800-63B-4 section 2), derived from evidence. AAL2 does not last: a session falls back
// to AAL1 when its evidence is too old or when nobody has used it for too long (section 2.2.3). The level is derived
// whenever it is asked for and never stored.
import type { Evidence } from './evidence.ts';
import { Category } from './factor-kind.ts';

export const AssuranceLevel = { AAL1: 'AAL1', AAL2: 'AAL2' } as const;
export type AssuranceLevel = (typeof AssuranceLevel)[keyof typeof AssuranceLevel];

/** How long AAL2 lasts, in seconds. */
export interface Aal2Limits {
  /** After a factor was proved. */
  readonly overallSeconds: number;
  /** Without any use of the session. */
  readonly idleSeconds: number;
}

/** What SP 800-63B-4 section 2.2.3 recommends: 24 hours and 1 hour. A tenant may choose other limits. */
export const AAL2_LIMITS: Aal2Limits = { overallSeconds: 86_400, idleSeconds: 3600 };
/** The shortest limit that a tenant may choose: shorter ones would end AAL2 before a step-up could be used. */
export const LEAST_AAL2_SECONDS = 300;
export const MOST_AAL2_SECONDS = 365 * 86_400;

/** What the level of a session depends on beside its evidence. */
export interface Aging extends Aal2Limits {
  /** When the session was last used again after it had been idle for too long, in seconds since 1970. */
  readonly resumedAt: number | null;
}

/** The level of evidence that has just been proved. Two passwords are one category, and so are a password and a mailbox. */
export function assuranceLevel(evidence: readonly Evidence[]): AssuranceLevel {
  return categoriesOf(evidence).size >= 2 ? AssuranceLevel.AAL2 : AssuranceLevel.AAL1;
}

/**
 * The level now.
 * @param aging left out for what a token says: a token expires when its level ends.
 * @param now seconds since 1970.
 */
export function assuranceLevelAt(
  evidence: readonly Evidence[],
  aging: Aging | undefined,
  now: number,
): AssuranceLevel {
  return now <= aal2Until(evidence, aging) ? AssuranceLevel.AAL2 : AssuranceLevel.AAL1;
}

/** The last second at which evidence amounts to AAL2: -Infinity when it does not, Infinity when it does not age. */
export function aal2Until(evidence: readonly Evidence[], aging: Aging | undefined): number {
  const newestFirst = evidence
    .filter((one) => one.categories.length > 0)
    .toSorted((one, other) => other.completedAt - one.completedAt);
  const [newest] = newestFirst;
  if (newest === undefined) return -Infinity;
  // After a pause, one proof is enough while the overall limit has not passed.
  if (aging?.resumedAt != null && newest.completedAt < aging.resumedAt) return -Infinity;
  const oldestNeeded = newestFirst.find((_, at) => categoriesOf(newestFirst.slice(0, at + 1)).size >= 2);
  if (oldestNeeded === undefined) return -Infinity;
  return aging === undefined ? Infinity : oldestNeeded.completedAt + aging.overallSeconds;
}

/** The evidence that can still be a part of AAL2. */
export function lastingEvidence(evidence: readonly Evidence[], aging: Aging, now: number): Evidence[] {
  return evidence.filter((one) => now - one.completedAt <= aging.overallSeconds);
}

/** The evidence of a session that is AAL1: nothing in it makes more of the session. */
export function evidenceBelowAal2(evidence: readonly Evidence[]): readonly Evidence[] {
  if (assuranceLevel(evidence) === AssuranceLevel.AAL1) return evidence;
  return evidence.filter((one) => !one.categories.includes(Category.POSSESSION));
}

/** Everything that was proved. */
export function categoriesOf(evidence: readonly Evidence[]): Set<Category> {
  return new Set(evidence.flatMap((one) => one.categories));
}

/** The `acr` value of a level: `aal1`, `aal2`. */
export function acrOf(level: AssuranceLevel): 'aal1' | 'aal2' {
  return level === AssuranceLevel.AAL2 ? 'aal2' : 'aal1';
}

/** `amr` (RFC 8176): every method of the session; `mfa` when they amount to AAL2. */
export function amrOf(
  evidence: readonly Evidence[],
  level: AssuranceLevel = assuranceLevel(evidence),
): string[] {
  const methods = new Set(evidence.flatMap((one) => one.amr));
  if (level === AssuranceLevel.AAL2) methods.add('mfa');
  return [...methods];
}
