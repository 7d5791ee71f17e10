// Logto. `auth_time` is not changed by a refresh. The values of `amr` are those of RFC 8176.
import { UNNAMED } from '../claims.ts';
import type { AcceptedIssuer } from '../issuer.ts';
import type { Audience } from './audience.ts';

export interface LogtoOptions extends Audience {
  /** Your endpoint, for example `https://example.logto.app`. */
  readonly endpoint: string;
}

const MFA = 'urn:logto:acr:mfa';

/** Access tokens of Logto: https://docs.logto.io/end-user-flows/step-up-authentication */
export function logto({ endpoint, ...rest }: LogtoOptions): AcceptedIssuer {
  const issuer = `${endpoint.replace(/\/$/, '')}/oidc`;
  return {
    issuer,
    jwksUrl: `${issuer}/jwks`,
    types: ['at+jwt'],
    // `otp` may have been sent to a mailbox, so only the level says that there were two factors.
    claims: { acr: { [MFA]: UNNAMED, 'urn:logto:acr:1fa': null }, amr: {} },
    ...rest,
    stepUp: { acrValues: [MFA], ...rest.stepUp },
  };
}
