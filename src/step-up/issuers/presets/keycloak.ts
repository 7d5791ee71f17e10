// Keycloak. Levels of authentication have the meaning that the realm's flow gives them, so you must say what they prove.
// `auth_time` is the last authentication of the session: in the flow, give the higher level a maximum age.
import type { ClaimPath, Proved } from '../claims.ts';
import type { AcceptedIssuer } from '../issuer.ts';
import type { Audience } from './audience.ts';

export interface KeycloakOptions extends Audience {
  /** Where Keycloak is, for example `https://id.example.com`. */
  readonly url: string;
  readonly realm: string;
  /** What each `acr` value proves, for example `{ '2': 'TOTP' }` or `{ gold: 'UNNAMED' }`. Other values prove nothing. */
  readonly levels: Readonly<Record<string, Proved | null>>;
  /** Whose client roles count besides those of the realm. */
  readonly rolesOfClient?: string;
}

/** Access tokens of a Keycloak realm: https://www.keycloak.org/docs/latest/server_admin/#_step-up-flow */
export function keycloak({ url, realm, levels, rolesOfClient, ...rest }: KeycloakOptions): AcceptedIssuer {
  const issuer = `${url.replace(/\/$/, '')}/realms/${realm}`;
  const roles: ClaimPath[] = [['realm_access', 'roles']];
  if (rolesOfClient !== undefined) roles.push(['resource_access', rolesOfClient, 'roles']);
  return {
    issuer,
    jwksUrl: `${issuer}/protocol/openid-connect/certs`,
    // Its ID tokens and refresh tokens are signed with the same keys.
    check: ({ typ }) => typ === 'Bearer',
    // `amr` lists what the flow was configured to call its steps.
    claims: { acr: levels, amr: {}, roles },
    ...rest,
    stepUp: { acrValues: secondLevels(levels), ...rest.stepUp },
  };
}

function secondLevels(levels: KeycloakOptions['levels']): string[] {
  return Object.keys(levels).filter((level) => levels[level] !== null);
}
