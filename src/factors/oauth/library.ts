// Loads openid-client when a provider is first asked, because most requests have nothing to do with one.
import type * as Library from 'openid-client';

export function openid(): Promise<typeof Library> {
  return import('openid-client');
}

/** Of ID tokens and logout tokens. Nothing that is signed with the client secret, and nothing unsigned. */
export const ALGORITHMS: readonly string[] = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];
