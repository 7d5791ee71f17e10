// Supabase Auth. `amr` lists each method with its time, and `aal` says whether two factors were completed.

import { evidenceBelowAal2 } from '../../../policy/assurance.ts';
import { type Evidence, evidenceOf } from '../../../policy/evidence.ts';
import { Category, FactorKind, SECOND_FACTORS } from '../../../policy/factor-kind.ts';
import { type Claims, type ReadClaims, rolesIn, timeIn, valueIn } from '../claims.ts';
import type { AcceptedIssuer } from '../issuer.ts';
import type { Audience } from './audience.ts';

export interface SupabaseOptions extends Partial<Audience> {
  /** Your project, for example `https://example.supabase.co`. It must sign with a public key, not with the legacy secret. */
  readonly url: string;
}

/** Access tokens of Supabase: https://supabase.com/docs/guides/auth/jwt-fields */
export function supabase({ url, audience = 'authenticated', stepUp }: SupabaseOptions): AcceptedIssuer {
  const issuer = `${url.replace(/\/$/, '')}/auth/v1`;
  return {
    issuer,
    audience,
    jwksUrl: `${issuer}/.well-known/jwks.json`,
    check: ({ is_anonymous: isAnonymous }) => isAnonymous !== true,
    sessionClaim: 'session_id',
    claims: readSupabase,
    stepUp: stepUp ?? {},
  };
}

/** The methods that are second factors. All others stand for a mailbox, a password or another provider. */
const SECOND: Readonly<Record<string, FactorKind>> = {
  totp: FactorKind.TOTP,
  'mfa/totp': FactorKind.TOTP,
  'mfa/phone': FactorKind.PHONE_CODE,
};

const readSupabase: ReadClaims = (claims, latest) => {
  const evidence = methodsIn(claims).map(({ method, timestamp }): Evidence => {
    const completedAt = timeIn(timestamp, latest);
    const kind = valueIn(SECOND, method);
    return kind === undefined
      ? evidenceOf(FactorKind.OAUTH, completedAt, [Category.KNOWLEDGE])
      : evidenceOf(kind, completedAt);
  });
  return {
    evidence: claims['aal'] === 'aal2' ? evidence : evidenceBelowAal2(evidence),
    enrolled: SECOND_FACTORS,
    roles: rolesIn(claims, [['app_metadata', 'roles']]),
  };
};

function methodsIn({ amr }: Claims): { readonly method: string; readonly timestamp: unknown }[] {
  return (Array.isArray(amr) ? amr : []).flatMap((one: Claims | null) =>
    typeof one?.['method'] === 'string' ? [{ method: one['method'], timestamp: one['timestamp'] }] : [],
  );
}
