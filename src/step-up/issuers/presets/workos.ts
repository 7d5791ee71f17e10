// WorkOS AuthKit. Its session tokens name no factor and no time unless you add the claims `acr`, `amr` and `auth_time` in a
// JWT template. Without them, every token proves a first factor, infinitely long ago.
import { UNNAMED } from '../claims.ts';
import type { AcceptedIssuer } from '../issuer.ts';
import type { Audience } from './audience.ts';

export interface WorkosOptions extends Pick<Audience, 'stepUp'> {
  /** Your client, which also names the keys. */
  readonly clientId: string;
  /** The `iss` claim. Default: `https://api.workos.com/`; your authentication domain, if you have one. */
  readonly issuer?: string;
  /** The `aud` claim, if your JWT template adds one. Default: none. The keys are those of your client in any case. */
  readonly audience?: string | readonly string[] | null;
}

/** Session tokens of WorkOS: https://workos.com/docs/authkit/sessions */
export function workos({
  clientId,
  issuer = 'https://api.workos.com/',
  audience = null,
  stepUp,
}: WorkosOptions): AcceptedIssuer {
  return {
    issuer,
    audience,
    jwksUrl: `https://api.workos.com/sso/jwks/${clientId}`,
    algorithms: ['RS256'],
    // An administrator who impersonates a user has proved none of their factors.
    check: ({ act }) => act === undefined,
    claims: { amr: { mfa: UNNAMED }, roles: ['role', 'roles', 'permissions'] },
    stepUp: stepUp ?? {},
  };
}
