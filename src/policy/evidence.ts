// Evidence: the record that a factor was completed. A session is a list of evidence; assurance, acr, amr and
// freshness are all derived from it and never stored on their own.
import { type Category, FACTOR_TRAITS, type FactorKind } from './factor-kind.ts';

export interface Evidence {
  readonly factor: FactorKind;
  /** What it proved: that of its kind, unless the authenticator proves less (a phone number that only identifies). */
  readonly categories: readonly Category[];
  /** RFC 8176. */
  readonly amr: readonly string[];
  /** Seconds since 1970. */
  readonly completedAt: number;
  /**
   * Since when the session has held evidence of this factor without a break; `completedAt` when it is left out. What was
   * proved before a factor was taken away does not come back when the factor is proved anew.
   */
  readonly since?: number;
}

export function evidenceOf(
  factor: FactorKind,
  completedAt: number,
  categories: readonly Category[] = FACTOR_TRAITS[factor].categories,
): Evidence {
  return { factor, categories, amr: FACTOR_TRAITS[factor].amr, completedAt };
}

/** Adds a completion; an older one of the same factor gives way, so a session's list stays short. */
export function withEvidence(list: readonly Evidence[], added: Evidence): Evidence[] {
  return [...list.filter((one) => one.factor !== added.factor), added];
}

/** Whether a list holds everything that another one holds, and nothing of it older. */
export function holdsAll(list: readonly Evidence[], others: readonly Evidence[]): boolean {
  return others.every(({ factor, completedAt }) =>
    list.some((one) => one.factor === factor && one.completedAt >= completedAt),
  );
}

/** The newest completion: `auth_time` (OpenID Connect Core section 2), in seconds. Undefined for none. */
export function authTime(list: readonly Evidence[]): number | undefined {
  return list.length === 0 ? undefined : Math.max(...list.map((one) => one.completedAt));
}
