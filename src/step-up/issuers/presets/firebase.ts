// Firebase Authentication. A second factor is completed together with the first one, at `auth_time`.
import { FactorKind, SECOND_FACTORS } from '../../../policy/factor-kind.ts';
import { claimAt, evidenceFrom, type Proved, type ReadClaims, rolesIn, timeIn, valueIn } from '../claims.ts';
import type { AcceptedIssuer } from '../issuer.ts';
import type { Audience } from './audience.ts';

export interface FirebaseOptions extends Pick<Audience, 'stepUp'> {
  readonly projectId: string;
}

const SECOND: Readonly<Record<string, Proved>> = { totp: FactorKind.TOTP, phone: FactorKind.PHONE_CODE };

/** ID tokens of Firebase: https://firebase.google.com/docs/auth/admin/verify-id-tokens */
export function firebase({ projectId, stepUp }: FirebaseOptions): AcceptedIssuer {
  return {
    issuer: `https://securetoken.google.com/${projectId}`,
    audience: projectId,
    jwksUrl: 'https://www.googleapis.com/service_accounts/v1/jwk/securetoken@system.gserviceaccount.com',
    algorithms: ['RS256'],
    check: (claims) => claimAt(claims, ['firebase', 'sign_in_provider']) !== 'anonymous',
    claims: readFirebase,
    stepUp: stepUp ?? {},
  };
}

const readFirebase: ReadClaims = (claims, latest) => {
  const second = valueIn(SECOND, claimAt(claims, ['firebase', 'sign_in_second_factor']));
  const proved = second === undefined ? [] : [second];
  // A first factor that was a text message is the same category as the second one.
  const isPhone = claimAt(claims, ['firebase', 'sign_in_provider']) === 'phone';
  return {
    evidence: evidenceFrom(
      isPhone ? [...proved, FactorKind.PHONE_CODE] : proved,
      timeIn(claims['auth_time'], latest),
      !isPhone,
    ),
    enrolled: SECOND_FACTORS,
    roles: rolesIn(claims, ['roles']),
  };
};
