// A refusal in the words of another issuer: its `acr` values, and where its users step up.
import { AssuranceLevel, acrOf } from '../policy/assurance.ts';
import type { Refusal } from '../policy/decision.ts';
import type { StepUpElsewhere } from './auth-context.ts';

/** @param stepUp undefined for tokens of Stepgate, whose refusals need no change. */
export function refusalAt(stepUp: StepUpElsewhere | undefined, refusal: Refusal): Refusal {
  if (stepUp === undefined || refusal.maxAge === null) return refusal;
  const needsTwo = refusal.acrValues?.includes(acrOf(AssuranceLevel.AAL2)) ?? false;
  const acrValues = needsTwo ? (stepUp.acrValues ?? null) : null;
  const { url } = stepUp;
  return { ...refusal, acrValues, stepUpUrl: url ? withDemand(url, acrValues, refusal.maxAge) : null };
}

/** OpenID Connect Core section 3.1.2.1. */
function withDemand(page: string, acrValues: readonly string[] | null, maxAge: number): string {
  const url = new URL(page);
  if (acrValues !== null) url.searchParams.set('acr_values', acrValues.join(' '));
  url.searchParams.set('max_age', String(maxAge));
  return url.href;
}
