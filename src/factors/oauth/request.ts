// Prepares a request to a provider: where its answer comes back, and what the answer is bound to (I1). A browser with session
// cookies is named by a cookie, and the answer comes to our callback. Any other client receives the answer at a redirect
// URI of its own, and is known by a secret whose digest it gives here.
import { z } from 'zod';
import { digest } from '../../platform/digest.ts';
import type { GatherRequest } from '../factor-exchange.ts';
import type { FactorInput, InputField } from '../input-field.ts';
import { authorizationRequest, type PreparedRequest, type ReturnPath } from './authorization.ts';
import { ProviderUnavailable, ReturnNotAllowed } from './errors.ts';
import type { RequestPurpose } from './pending.ts';
import type { AnyProvider, Providers } from './providers.ts';
import { authnRequest } from './saml/authn-request.ts';

interface Given {
  readonly providerId: string | null;
  readonly returnTo: string | null;
  readonly redirectUri: string | null;
  readonly bindingDigest: string | null;
}

const optionalText = (form: z.ZodString) => form.nullish().transform((text) => text ?? null);
const urlText = optionalText(z.string().max(512, 'The URL is too long.'));

const fields: { readonly [Name in keyof Given]: InputField<Given[Name]> } = {
  providerId: {
    type: 'ID',
    description: 'For `OAUTH`: the `providerId` of one of the workflow’s `factors`.',
    form: optionalText(z.string().max(64)),
  },
  returnTo: {
    type: 'String',
    description:
      'For `OAUTH` in a browser with session cookies: the page that gets the answer, one of the configured return URLs. By default the first one. The answer follows the `#`.',
    form: urlText,
  },
  redirectUri: {
    type: 'String',
    description:
      'For `OAUTH` in a client without session cookies: the configured redirect URI at which the client itself receives the answer.',
    form: urlText,
  },
  bindingDigest: {
    type: 'String',
    description:
      'Required with `redirectUri`: the SHA-256, in base64url without padding, of a secret that only this client has. `attemptFactor` takes the secret.',
    form: optionalText(z.string().regex(/^[\w-]{43}$/, 'Send 43 characters of base64url.')),
  },
};

export const preparationInput = {
  fields,
  defect(given) {
    const { providerId, redirectUri, bindingDigest, returnTo } = given as unknown as Given;
    if (providerId === null) return { path: 'providerId', message: 'Name the provider.' };
    if ((redirectUri === null) !== (bindingDigest === null))
      return {
        path: 'bindingDigest',
        message: 'Send `redirectUri` and `bindingDigest` together, or neither.',
      };
    if (redirectUri !== null && returnTo !== null)
      return { path: 'returnTo', message: 'The answer goes to the `redirectUri`. Omit `returnTo`.' };
    return null;
  },
} as const satisfies FactorInput;

/** @throws {ReturnNotAllowed} @throws {ProviderUnavailable} */
export async function requestTo(
  providers: Providers,
  provider: AnyProvider,
  request: GatherRequest,
): Promise<PreparedRequest> {
  const path = returnPath(providers, provider, request);
  const purpose = purposeOf(request);
  if (provider.protocol === 'SAML') return authnRequest(provider, path, purpose, request.now);
  return authorizationRequest(provider, path, purpose, request.now).catch((error: unknown) => {
    const { code = 'no code' } = error as { readonly code?: string };
    providers.note(provider, `its metadata cannot be read (${code})`);
    throw new ProviderUnavailable(provider);
  });
}

function purposeOf({ isNew, isAnew, isSecond }: GatherRequest): RequestPurpose {
  if (isNew) return 'LINK';
  if (isSecond) return 'SECOND_FACTOR';
  return isAnew ? 'REAUTHENTICATE' : 'IDENTIFY';
}

function returnPath(
  providers: Providers,
  provider: AnyProvider,
  { given, browser }: GatherRequest,
): ReturnPath {
  const { redirectUri, bindingDigest, returnTo } = given as Given;
  if (redirectUri !== null && bindingDigest !== null) {
    if (provider.protocol === 'SAML') throw new ReturnNotAllowed('CALLBACK_ONLY');
    if (!provider.settings.redirectUris.includes(redirectUri)) throw new ReturnNotAllowed('REDIRECT_URI');
    return { redirectUri, returnTo: null, boundTo: bindingDigest };
  }
  if (browser === null) throw new ReturnNotAllowed('NO_COOKIES');
  const { returnUrls } = providers;
  if (returnUrls[0] === undefined) throw new ReturnNotAllowed('NO_RETURN_URL');
  if (returnTo !== null && !returnUrls.includes(returnTo)) throw new ReturnNotAllowed('RETURN_TO');
  return {
    redirectUri: providers.callbackOf(provider),
    returnTo: returnTo ?? returnUrls[0],
    boundTo: digest(browser.keep()),
  };
}
