// A session as far as one of its access tokens opens it: the lesser of what the token says itself and what the session
// still holds. A token that was stolen gains nothing by what its owner proves later (ASVS 5.0 section 7.2.4).
import type { Aging } from '../policy/assurance.ts';
import { lesserEvidence } from '../policy/claims.ts';
import type { Evidence } from '../policy/evidence.ts';
import type { VerifiedToken } from './access-token.ts';
import { type ActiveSession, agingOf } from './session.ts';

export interface PresentedSession extends ActiveSession {
  /** What its access token may use of it. */
  readonly evidence: readonly Evidence[];
  /** What the session itself holds. */
  readonly held: readonly Evidence[];
  readonly aging: Aging;
  readonly token: Pick<VerifiedToken, 'id' | 'issuedAt' | 'expiresAt'>;
}

export function presentedBy(token: VerifiedToken, session: ActiveSession): PresentedSession {
  return {
    ...session,
    evidence: lesserEvidence(session.evidence, token.evidence),
    held: session.evidence,
    aging: agingOf(session, session.aal2),
    token,
  };
}
