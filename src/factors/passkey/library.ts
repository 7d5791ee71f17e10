// Loads @simplewebauthn/server when the first passkey is checked, because its certificate libraries take longer to load
// than the rest of the server.

import type * as Library from '@simplewebauthn/server';
import type * as Helpers from '@simplewebauthn/server/helpers';

export function webauthn(): Promise<typeof Library> {
  return import('@simplewebauthn/server');
}

export function webauthnHelpers(): Promise<typeof Helpers> {
  return import('@simplewebauthn/server/helpers');
}

/** EdDSA, ES256 and RS256, in the order of preference (RFC 9053 section 2, RFC 8812 section 2). */
export const ALGORITHMS: readonly number[] = [-8, -7, -257];
