// A young factor does not remove an older one: somebody who has just enrolled a factor of their own could otherwise lock
// the owner out at once. How long a factor is young is the policy of the tenant.
import { readTime, secondsOf } from '../platform/clock.ts';
import { refuseStepUp } from '../policy/decision.ts';
import type { FactorKind } from '../policy/factor-kind.ts';
import { type RequirementOptions, requirement } from '../policy/requirement.ts';
import type { PresentedSession } from '../sessions/presented.ts';
import { RefusalError } from '../step-up/refusal-error.ts';
import type { Account } from './account.ts';

/** When something was enrolled, in ISO 8601. Unknown counts as long ago for what is removed. */
type Removed = { readonly enrolledAt?: string | null };

/**
 * The proof must be of a factor that is old enough, or at least as old as what is removed.
 *
 * @param removed one of them may be older than the others.
 * @param guard the arguments of the guard of the mutation.
 * @throws {RefusalError}
 */
export function refuseToRemoveOlder(
  session: PresentedSession,
  { minFactorAgeSeconds }: Pick<Account, 'minFactorAgeSeconds'>,
  removed: readonly Removed[],
  now: Date,
  guard: RequirementOptions = {},
): void {
  const ages = removed.map(({ enrolledAt }) =>
    enrolledAt == null ? Infinity : Math.max(0, secondsOf(now) - secondsOf(readTime(enrolledAt))),
  );
  const minFactorAge = Math.min(minFactorAgeSeconds, Math.max(0, ...ages));
  if (minFactorAge === 0) return;
  const refusal = refuseStepUp(session, requirement({ ...guard, minFactorAge }), secondsOf(now));
  if (refusal !== null) throw new RefusalError(refusal);
}

/** When each factor of an account was enrolled, in seconds since 1970. What has no known time is left out. */
export function enrollmentTimes(account: Account): { readonly factor: FactorKind; readonly at: number }[] {
  const { authenticators, phones, backupCodes, emails } = account;
  const found: readonly (readonly [FactorKind, Removed])[] = [
    ...authenticators.map((one) => [one.factor, one] as const),
    ...phones.map((one) => ['PHONE_CODE', one] as const),
    ...backupCodes.map((one) => ['BACKUP_CODE', one] as const),
    ...emails.flatMap((one) => [['EMAIL_CODE', one] as const, ['EMAIL_LINK', one] as const]),
  ];
  return found.flatMap(([factor, { enrolledAt }]) =>
    enrolledAt == null ? [] : { factor, at: secondsOf(readTime(enrolledAt)) },
  );
}
