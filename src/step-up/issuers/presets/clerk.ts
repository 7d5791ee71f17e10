// Clerk. `fva` has the minutes since the first and the second factor were verified, counted when the token was issued.
// Part of a minute is not counted, so a proof is taken to be as old as it can be.

import { type Evidence, evidenceOf } from '../../../policy/evidence.ts';
import { Category, FactorKind, SECOND_FACTORS } from '../../../policy/factor-kind.ts';
import { type Claims, type ReadClaims, rolesIn } from '../claims.ts';
import type { AcceptedIssuer } from '../issuer.ts';
import type { Audience } from './audience.ts';

export interface ClerkOptions extends Pick<Audience, 'stepUp'> {
  /** Your Frontend API, for example `https://clerk.example.com`. */
  readonly frontendApi: string;
  /** The origins of your applications: the accepted values of `azp`. */
  readonly authorizedParties: readonly string[];
  /** The `aud` claim, if your JWT template adds one. Default: none. */
  readonly audience?: string | readonly string[] | null;
}

/** Session tokens of Clerk: https://clerk.com/docs/guides/sessions/session-tokens */
export function clerk({
  frontendApi,
  authorizedParties,
  audience = null,
  stepUp,
}: ClerkOptions): AcceptedIssuer {
  return {
    issuer: frontendApi,
    audience,
    jwksUrl: `${frontendApi}/.well-known/jwks.json`,
    algorithms: ['RS256'],
    check: ({ azp, sts, act }) =>
      typeof azp === 'string' && authorizedParties.includes(azp) && sts !== 'pending' && act === undefined,
    claims: readClerk,
    stepUp: stepUp ?? {},
  };
}

const readClerk: ReadClaims = (claims, latest) => ({
  evidence: [
    ...verifiedAt(claims, 0, latest, [Category.KNOWLEDGE]),
    // It does not say which factor the second one was.
    ...verifiedAt(claims, 1, latest, [Category.KNOWLEDGE, Category.POSSESSION]),
  ].slice(-1),
  enrolled: SECOND_FACTORS,
  roles: rolesIn(claims, [['o', 'rol'], 'org_role']),
});

function verifiedAt(claims: Claims, at: 0 | 1, latest: number, categories: readonly Category[]): Evidence[] {
  const { iat, fva } = claims;
  const minutes = Array.isArray(fva) && fva.length === 2 ? fva[at] : undefined;
  const isAge = Number.isSafeInteger(minutes) && minutes >= 0 && typeof iat === 'number' && iat <= latest;
  const completedAt = isAge ? iat - (minutes + 1) * 60 : -Infinity;
  return isAge || at === 0 ? [evidenceOf(FactorKind.OAUTH, completedAt, categories)] : [];
}
