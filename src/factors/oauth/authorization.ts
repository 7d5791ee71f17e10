// The URL at which the user signs in with a provider (OpenID Connect Core section 3.1.2.1), with PKCE, state and nonce.
import { digest } from '../../platform/digest.ts';
import { randomToken } from '../../platform/random.ts';
import { openid } from './library.ts';
import { isAnew, type Pending, type RequestPurpose } from './pending.ts';
import type { Provider } from './provider.ts';

export interface PreparedRequest {
  readonly url: string;
  readonly state: string;
  readonly pending: Pending;
}

export interface ReturnPath {
  readonly redirectUri: string;
  readonly returnTo: string | null;
  readonly boundTo: string;
}

/** @throws when what the provider publishes cannot be read. */
export async function authorizationRequest(
  provider: Provider,
  path: ReturnPath,
  purpose: RequestPurpose,
  now: Date,
): Promise<PreparedRequest> {
  const { buildAuthorizationUrl } = await openid();
  const configuration = await provider.configuration(now);
  const { shape, settings, isOpenId } = provider;
  const [state, nonce, verifier] = [randomToken(), randomToken(), randomToken()];
  const url = buildAuthorizationUrl(configuration, {
    redirect_uri: path.redirectUri,
    response_type: 'code',
    scope: (settings.scopes ?? shape.scopes).join(' '),
    state,
    code_challenge: digest(verifier), // S256, RFC 7636 section 4.2
    code_challenge_method: 'S256',
    ...(isOpenId && { nonce }),
    ...(shape.isFormPost && { response_mode: 'form_post' }),
    ...(isOpenId &&
      demandsOf(provider, purpose, configuration.serverMetadata()['claims_parameter_supported'] === true)),
  });
  const requestedAt = Math.floor(now.getTime() / 1000);
  const pending = { providerId: provider.id, nonce, verifier, purpose, requestedAt, ...path };
  return { url: url.href, state, pending };
}

/** What the provider is asked to verify, and to say about it. */
function demandsOf(
  { settings: { secondFactor } }: Provider,
  purpose: RequestPurpose,
  takesClaims: boolean,
): Record<string, string> {
  if (secondFactor === null) return isAnew(purpose) ? { max_age: '0' } : {};
  const { acr, freshSeconds } = secondFactor;
  const claims = { id_token: { acr: null, amr: null, auth_time: null } };
  return {
    max_age: isAnew(purpose) ? '0' : String(freshSeconds),
    ...(acr.length > 0 && { acr_values: acr.join(' ') }),
    ...(takesClaims && { claims: JSON.stringify(claims) }),
  };
}
