// Auth0. Its access tokens say nothing about factors by themselves: a post-login Action adds custom claims, whose names
// start with a namespace of yours. Without them, every token proves a first factor, infinitely long ago.
import { UNNAMED } from '../claims.ts';
import type { AcceptedIssuer } from '../issuer.ts';
import type { Audience } from './audience.ts';

export interface Auth0Options extends Audience {
  /** Your domain, for example `example.eu.auth0.com`. */
  readonly domain: string;
  /** What the names of your claims start with, for example `https://api.example.com/`. The claims: `acr`, `amr`, `auth_time`, `roles`. */
  readonly namespace: string;
}

const MULTI_FACTOR = 'http://schemas.openid.net/pape/policies/2007/06/multi-factor';

/** Access tokens of Auth0: https://auth0.com/docs/secure/multi-factor-authentication/step-up-authentication */
export function auth0({ domain, namespace, ...rest }: Auth0Options): AcceptedIssuer {
  return {
    issuer: `https://${domain}/`,
    jwksUrl: `https://${domain}/.well-known/jwks.json`,
    algorithms: ['RS256', 'PS256'],
    claims: {
      acr: { [MULTI_FACTOR]: UNNAMED },
      // Its only value about factors: `event.authentication.methods` has `mfa` for any second factor.
      amr: { mfa: UNNAMED },
      at: { acr: `${namespace}acr`, amr: `${namespace}amr`, authTime: `${namespace}auth_time` },
      roles: [`${namespace}roles`, 'permissions'],
    },
    ...rest,
    stepUp: { acrValues: [MULTI_FACTOR], ...rest.stepUp },
  };
}
