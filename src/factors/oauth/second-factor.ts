// Whether a provider's own second factor counts (I6): only by the configured values of `acr` or `amr`, and only if the user
// has authenticated recently. A provider that does not say when the user authenticated proves one category.
import type { TrustedSecondFactor } from '../../config/provider-settings.ts';
import { secondsOf } from '../../platform/clock.ts';
import { isAnew, type Pending } from './pending.ts';
import type { Claims } from './profile.ts';

/** The provider's clock may be ahead by so much. More would make an old authentication look fresh. */
const AHEAD_SECONDS = 2;

/** Whether the user has authenticated after this time, in seconds since 1970. */
export function isFreshlyAuthenticated({ auth_time: at }: Claims, since: number, now: Date): boolean {
  return Number.isSafeInteger(at) && Number(at) >= since && Number(at) <= secondsOf(now) + AHEAD_SECONDS;
}

export function provesSecondFactor(
  trusted: TrustedSecondFactor | null,
  claims: Claims,
  { purpose, requestedAt }: Pending,
  now: Date,
): boolean {
  if (trusted === null || purpose === 'LINK') return false;
  const { acr, amr } = claims;
  const isTrusted =
    (typeof acr === 'string' && trusted.acr.includes(acr)) ||
    (Array.isArray(amr) && amr.some((one) => typeof one === 'string' && trusted.amr.includes(one)));
  const since = isAnew(purpose) ? requestedAt : secondsOf(now) - trusted.freshSeconds;
  return isTrusted && isFreshlyAuthenticated(claims, since, now);
}
