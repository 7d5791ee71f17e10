// SuperTokens. `st-mfa` has the time of each factor under the same factor ids that Stepgate uses.
import { evidenceOf } from '../../../policy/evidence.ts';
import { FACTOR_KINDS, FACTOR_TRAITS, SECOND_FACTORS } from '../../../policy/factor-kind.ts';
import { claimAt, type ReadClaims, rolesIn, timeIn } from '../claims.ts';
import type { AcceptedIssuer } from '../issuer.ts';
import type { Audience } from './audience.ts';

export interface SupertokensOptions extends Pick<Audience, 'stepUp'> {
  /** The `iss` claim: `apiDomain` and `apiBasePath` of your backend, for example `https://api.example.com/auth`. */
  readonly issuer: string;
  /** The URL of the keys. Default: `/jwt/jwks.json` below the issuer. */
  readonly jwksUrl?: string;
}

/** Session tokens of SuperTokens: https://supertokens.com/docs/additional-verification/mfa/introduction */
export function supertokens({
  issuer,
  jwksUrl = `${issuer}/jwt/jwks.json`,
  stepUp,
}: SupertokensOptions): AcceptedIssuer {
  return {
    issuer,
    audience: null,
    jwksUrl,
    algorithms: ['RS256'],
    // Its other tokens, made by `createJWT`, have no session.
    check: ({ sessionHandle }) => typeof sessionHandle === 'string',
    sessionClaim: 'sessionHandle',
    claims: readSupertokens,
    stepUp: stepUp ?? {},
  };
}

const readSupertokens: ReadClaims = (claims, latest) => {
  const completed = claimAt(claims, ['st-mfa', 'c']);
  const times = typeof completed === 'object' && completed !== null ? Object.entries(completed) : [];
  return {
    evidence: times.flatMap(([id, time]) => {
      const kind = FACTOR_KINDS.find((one) => FACTOR_TRAITS[one].factorId === id);
      return kind === undefined ? [] : [evidenceOf(kind, timeIn(time, latest))];
    }),
    enrolled: SECOND_FACTORS,
    roles: rolesIn(claims, [['st-role', 'v']]),
  };
};
