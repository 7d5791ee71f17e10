// Microsoft Entra ID. `acrs` has the authentication contexts that the user may act in. What a context demands, your
// Conditional Access policies say. `auth_time` is an optional claim that you must add to access tokens.
import { FactorKind, SECOND_FACTORS } from '../../../policy/factor-kind.ts';
import {
  claimAt,
  evidenceFrom,
  type Proved,
  type ReadClaims,
  rolesIn,
  textsIn,
  timeIn,
  UNNAMED,
  valueIn,
} from '../claims.ts';
import type { AcceptedIssuer } from '../issuer.ts';
import type { Audience } from './audience.ts';

export interface EntraOptions extends Audience {
  /** Your tenant's id. Tokens of other tenants are refused. */
  readonly tenantId: string;
  /** What each authentication context proves, for example `{ c1: 'UNNAMED', c2: 'PASSKEY' }`. Default: none. */
  readonly contexts?: Readonly<Record<string, Proved>>;
}

/** The values of `amr` in version 1.0 tokens that are second factors. `mfa` stands beside them or alone. */
const METHODS: Readonly<Record<string, Proved>> = { pwd: FactorKind.PASSWORD, mfa: UNNAMED };

/** Access tokens (version 2.0) of Entra: https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference */
export function entra({ tenantId, contexts = {}, ...rest }: EntraOptions): AcceptedIssuer {
  const authority = `https://login.microsoftonline.com/${tenantId}`;
  return {
    issuer: `${authority}/v2.0`,
    jwksUrl: `${authority}/discovery/v2.0/keys`,
    algorithms: ['RS256'],
    // A token of an application alone has no user.
    check: ({ tid, idtyp }) => tid === tenantId && idtyp !== 'app',
    claims: readerOf(contexts),
    ...rest,
    stepUp: { acrValues: Object.keys(contexts), ...rest.stepUp },
  };
}

function readerOf(contexts: Readonly<Record<string, Proved>>): ReadClaims {
  return (claims, latest) => {
    const proved = [
      ...textsIn(claims['acrs']).flatMap((one) => valueIn(contexts, one) ?? []),
      ...textsIn(claims['amr']).flatMap((one) => valueIn(METHODS, one) ?? []),
    ];
    return {
      evidence: evidenceFrom(proved, timeIn(claimAt(claims, 'auth_time'), latest), true),
      enrolled: SECOND_FACTORS,
      roles: rolesIn(claims, ['roles']),
    };
  };
}
