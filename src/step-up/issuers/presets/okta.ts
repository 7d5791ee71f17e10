// Okta. `acr` is the level that was asked for and met. `phr` and `phrh` are phishing resistant, and two factors at least
// when the policy says so, which a token does not tell: they count as one.
import { UNNAMED } from '../claims.ts';
import type { AcceptedIssuer } from '../issuer.ts';
import type { Audience } from './audience.ts';

export interface OktaOptions extends Audience {
  /** Your authorization server, for example `https://example.okta.com/oauth2/default`. */
  readonly issuer: string;
}

const TWO_FACTORS = 'urn:okta:loa:2fa:any';

/** Access tokens of Okta: https://developer.okta.com/docs/guides/step-up-authentication/main/ */
export function okta({ issuer, ...rest }: OktaOptions): AcceptedIssuer {
  return {
    issuer,
    jwksUrl: `${issuer}/v1/keys`,
    algorithms: ['RS256'],
    claims: {
      acr: { [TWO_FACTORS]: UNNAMED, 'urn:okta:loa:2fa:any:ifpossible': null, 'urn:okta:loa:1fa:any': null },
      amr: { mfa: UNNAMED },
      roles: ['groups'],
    },
    sessionClaim: 'sid',
    ...rest,
    stepUp: { acrValues: [TWO_FACTORS], ...rest.stepUp },
  };
}
