// What a challenge keeps to itself while the user is at a provider, sealed in its row: the nonce, the PKCE verifier, and what
// the answer must come from (I1).
import type { KeyRing } from '../../platform/key-ring.ts';
import { open, seal } from '../../platform/seal.ts';

export interface Pending {
  readonly providerId: string;
  /** What the provider repeats: the nonce of OpenID Connect, or the id of a SAML request. */
  readonly nonce: string;
  /** Of PKCE (RFC 7636). Null with SAML. */
  readonly verifier: string | null;
  readonly redirectUri: string;
  /** The page to which our callback hands the answer. Null when the client receives it itself. */
  readonly returnTo: string | null;
  /** The digest of what only the client has: its browser's cookie, or a secret of its own. */
  readonly boundTo: string;
  readonly purpose: RequestPurpose;
  /** In seconds since 1970. */
  readonly requestedAt: number;
}

/**
 * IDENTIFY: a sign-in. REAUTHENTICATE: a user of a session, who must authenticate anew. SECOND_FACTOR: the same, with a second
 * factor. LINK: another identity.
 */
export type RequestPurpose = 'IDENTIFY' | 'REAUTHENTICATE' | 'SECOND_FACTOR' | 'LINK';

/** Whether an authentication from before the request does not count. */
export function isAnew(purpose: RequestPurpose): boolean {
  return purpose === 'REAUTHENTICATE' || purpose === 'SECOND_FACTOR';
}

export function sealPending(ring: KeyRing, challengeId: string, pending: Pending): string {
  return seal(ring, placeOf(challengeId), JSON.stringify(pending));
}

export function openPending(ring: KeyRing, challengeId: string, sealed: string): Pending {
  return JSON.parse(open(ring, placeOf(challengeId), sealed)) as Pending;
}

function placeOf(challengeId: string): string {
  return `challenge:${challengeId}:secret`;
}
