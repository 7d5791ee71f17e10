// The example provider (`npm run provider`), which lets anyone sign in as anyone. A server in development offers it by itself,
// unless it has providers of its own. Production refuses it, and its secret, which is public.
import { isLoopback } from './loopback.ts';
import { AddressTrust, ProviderSignUp, type ProvidersSettings } from './provider-settings.ts';

export const EXAMPLE_PROVIDER_URL = 'http://localhost:4200';
export const EXAMPLE_CLIENT = {
  id: 'stepgate',
  secret: 'the public secret of the example provider',
} as const;
/** The page that shows the answers of the example provider. */
export const ANSWER_PATH = '/dev/answer';

/** @param given `off`, or an origin on this machine. */
export function exampleProvider(given: string): string | undefined {
  if (given === 'off') return given;
  const parsed = URL.parse(given);
  const isOrigin = parsed?.protocol === 'http:' && given === parsed.origin && isLoopback(given);
  return isOrigin ? given : undefined;
}

/** @param issuer where it runs. */
export function exampleProviders(issuer: string, publicUrl: string): ProvidersSettings {
  return {
    returnUrls: [`${publicUrl}${ANSWER_PATH}`],
    providers: [
      {
        id: 'example',
        name: 'Example provider',
        isExample: true,
        isListed: true,
        protocol: 'OAUTH',
        tenant: null,
        source: { is: 'ISSUER', issuer },
        clientId: EXAMPLE_CLIENT.id,
        secret: { is: 'TEXT', text: EXAMPLE_CLIENT.secret },
        scopes: null,
        addresses: AddressTrust.EMAIL_VERIFIED,
        signUp: ProviderSignUp.ADDRESS,
        secondFactor: null,
        redirectUris: [],
        mayBePrivate: true,
      },
    ],
  };
}
