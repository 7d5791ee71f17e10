// When a remembered browser takes the place of the second step of a sign-in. It is no evidence: the session stays AAL1,
// and `@stepUp` asks for the second factor.
import { categoriesOf } from './assurance.ts';
import type { Evidence } from './evidence.ts';
import { Category } from './factor-kind.ts';

/** Browsers forget cookies after 400 days, and NIST asks for the second factor far more often. */
export const MOST_REMEMBERED_DAYS = 90;

const DAY_MS = 86_400_000;

export interface RememberedBrowser {
  /** When the second factor was proved on it, with the wish to remember it. Null if it is not remembered. */
  readonly rememberedAt: Date | null;
  /** When the user last set the password. Null for a user without one. */
  readonly passwordSetAt: Date | null;
  /** The tenant's policy. 0 remembers nothing. */
  readonly days: number;
  /** Users with a role always prove their second factor. */
  readonly roles: readonly string[];
}

/** The policy of now counts, so that fewer days also end what was remembered before. */
export function isRemembered(
  { rememberedAt, passwordSetAt, days, roles }: RememberedBrowser,
  now: Date,
): boolean {
  if (rememberedAt === null || roles.length > 0) return false;
  const isOfOldPassword = passwordSetAt !== null && passwordSetAt >= rememberedAt;
  return !isOfOldPassword && rememberedUntil(rememberedAt, days) > now;
}

export function rememberedUntil(rememberedAt: Date, days: number): Date {
  return new Date(rememberedAt.getTime() + days * DAY_MS);
}

/** A phone alone is possession as well, so it needs a second step of another category in any case. */
export function sufficesOnRememberedBrowser(evidence: readonly Evidence[]): boolean {
  return categoriesOf(evidence).has(Category.KNOWLEDGE);
}
