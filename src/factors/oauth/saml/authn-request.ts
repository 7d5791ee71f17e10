// The URL at which the user signs in with a SAML provider: an AuthnRequest by the redirect binding.
import { secondsOf } from '../../../platform/clock.ts';
import { randomToken } from '../../../platform/random.ts';
import type { PreparedRequest, ReturnPath } from '../authorization.ts';
import { isAnew, type RequestPurpose } from '../pending.ts';
import { nodeSaml, onlyRequest } from './library.ts';
import type { SamlProvider } from './saml-provider.ts';

export async function authnRequest(
  provider: SamlProvider,
  path: ReturnPath,
  purpose: RequestPurpose,
  now: Date,
): Promise<PreparedRequest> {
  const state = randomToken();
  const requestId = `_${randomToken()}`; // an xs:ID begins with a letter or an underscore
  const mustBeAnew = isAnew(purpose);
  const acr = provider.settings.secondFactor?.acr ?? [];
  const saml = await nodeSaml(provider, {
    generateUniqueId: () => requestId,
    cacheProvider: onlyRequest(requestId),
    forceAuthn: mustBeAnew,
    // A provider that cannot fulfil it refuses, so users without a second factor there could not sign in at all.
    ...(mustBeAnew && acr.length > 0 && { disableRequestedAuthnContext: false, authnContext: [...acr] }),
  });
  const url = await saml.getAuthorizeUrlAsync(state, undefined, {});
  const requestedAt = secondsOf(now);
  const pending = {
    providerId: provider.id,
    nonce: requestId,
    verifier: null,
    purpose,
    requestedAt,
    ...path,
  };
  return { url, state, pending };
}
