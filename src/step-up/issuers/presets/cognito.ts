// Amazon Cognito user pools. Its levels have custom names if you configure them. `amr` has the values of RFC 8176, whose
// `otp` may have been sent to a mailbox, so only `mfa` and the level say that there were two factors.
import { type Proved, UNNAMED } from '../claims.ts';
import type { AcceptedIssuer } from '../issuer.ts';
import type { Audience } from './audience.ts';

export interface CognitoOptions extends Pick<Audience, 'stepUp'> {
  readonly region: string;
  readonly userPoolId: string;
  /** Your app clients: the accepted values of `client_id`. Access tokens have no audience. */
  readonly clientIds: readonly string[];
  /** What each `acr` value proves, for example `{ 'urn:cognito:loa:3': 'UNNAMED' }`. Default: none. */
  readonly levels?: Readonly<Record<string, Proved | null>>;
}

/** Access tokens of Cognito: https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-step-up-authentication.html */
export function cognito({
  region,
  userPoolId,
  clientIds,
  levels = {},
  stepUp,
}: CognitoOptions): AcceptedIssuer {
  const issuer = `https://cognito-idp.${region}.amazonaws.com/${userPoolId}`;
  const acrValues = Object.keys(levels).filter((level) => levels[level] !== null);
  return {
    issuer,
    audience: null,
    jwksUrl: `${issuer}/.well-known/jwks.json`,
    algorithms: ['RS256'],
    check: ({ token_use: use, client_id: client }) =>
      use === 'access' && typeof client === 'string' && clientIds.includes(client),
    sessionClaim: 'origin_jti',
    claims: { acr: levels, amr: { mfa: UNNAMED }, roles: ['cognito:groups'] },
    stepUp: { acrValues, ...stepUp },
  };
}
