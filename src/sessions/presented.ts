// A session as seen through one of its access tokens: only evidence that both the token and the session have counts. A
// stolen token gains nothing from what its owner proves later (ASVS 5.0 section 7.2.4).
import type { Aging } from '../policy/assurance.ts';
import { lesserEvidence } from '../policy/claims.ts';
import type { Evidence } from '../policy/evidence.ts';
import type { VerifiedToken } from './access-token.ts';
import { type ActiveSession, agingOf } from './active-session.ts';

export interface PresentedSession extends ActiveSession {
  /** The evidence that the access token can use. */
  readonly evidence: readonly Evidence[];
  /** All evidence of the session. */
  readonly held: readonly Evidence[];
  readonly aging: Aging;
  /** Whether it began at an identity provider whose second factor is trusted. */
  readonly atProvider: boolean;
  readonly token: Pick<VerifiedToken, 'id' | 'issuedAt' | 'expiresAt'>;
}

/** @param vouches whether the second factor of a provider is trusted. */
export function presentedBy(
  token: VerifiedToken,
  session: ActiveSession,
  vouches: (tenantId: string, providerId: string) => boolean,
): PresentedSession {
  return {
    ...session,
    evidence: lesserEvidence(session.evidence, token.evidence),
    held: session.evidence,
    aging: agingOf(session, session.aal2),
    atProvider: session.evidence.some(
      ({ source }) => source !== undefined && vouches(session.tenantId, source.providerId),
    ),
    token,
  };
}
