// Evidence records that a factor was completed. A session holds a list of evidence. Assurance, `acr`, `amr` and
// freshness are derived from that list and are never stored.
import { type Category, FACTOR_TRAITS, type FactorKind } from './factor-kind.ts';

/** Where a proof at an identity provider came from. */
export interface EvidenceSource {
  /** The id of the identity that was proved. */
  readonly identityId: string;
  readonly providerId: string;
  /** A digest of the session at the provider. Null if it is not known. */
  readonly providerSession: string | null;
}

/** The record that a factor was completed. */
export interface Evidence {
  readonly factor: FactorKind;
  /** What it proved. Usually the categories of its kind; none for a phone number that only identifies its user. */
  readonly categories: readonly Category[];
  /** Authentication method references (RFC 8176). */
  readonly amr: readonly string[];
  /** When the factor was completed, in seconds since 1970. */
  readonly completedAt: number;
  /**
   * When the session first held evidence of this factor without interruption, in seconds since 1970. Defaults to
   * `completedAt`. A token issued before the factor was removed does not regain it when the factor is completed again.
   */
  readonly since?: number;
  /**
   * When the user enrolled what was proved, in seconds since 1970: the authenticator, the phone number, the set of backup
   * codes. Omitted when it is not known; then it counts as enrolled just now.
   */
  readonly enrolledAt?: number;
  /** @internal Of a proof at an identity provider. */
  readonly source?: EvidenceSource;
}

export function evidenceOf(
  factor: FactorKind,
  completedAt: number,
  categories: readonly Category[] = FACTOR_TRAITS[factor].categories,
  amr: readonly string[] = FACTOR_TRAITS[factor].amr,
): Evidence {
  return { factor, categories, amr, completedAt };
}

/** Whether what was proved was enrolled at least this long ago. @param now seconds since 1970. */
export function isOldEnough({ enrolledAt }: Evidence, minFactorAge: number, now: number): boolean {
  return minFactorAge === 0 || (enrolledAt !== undefined && now - enrolledAt >= minFactorAge);
}

/** Adds evidence. It replaces older evidence of the same factor, which keeps a session's list short. */
export function withEvidence(list: readonly Evidence[], added: Evidence): Evidence[] {
  return [...list.filter((one) => one.factor !== added.factor), added];
}

/** Whether the list has evidence of the same factor that proved more categories, as a passkey that verified its user. */
export function provesMore(list: readonly Evidence[], { factor, categories }: Evidence): boolean {
  return list.some((one) => one.factor === factor && one.categories.length > categories.length);
}

/** Whether `list` holds each factor in `others`, completed at the same time or later. */
export function holdsAll(list: readonly Evidence[], others: readonly Evidence[]): boolean {
  return others.every(({ factor, completedAt }) =>
    list.some((one) => one.factor === factor && one.completedAt >= completedAt),
  );
}

/**
 * `auth_time` (OpenID Connect Core section 2): the newest completion, in seconds since 1970. Undefined for no evidence.
 */
export function authTime(list: readonly Evidence[]): number | undefined {
  return list.length === 0 ? undefined : Math.max(...list.map((one) => one.completedAt));
}
