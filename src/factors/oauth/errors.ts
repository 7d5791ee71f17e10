// What can go wrong between a client, this server and an identity provider.
import { UserError } from '../../platform/user-error.ts';
import type { Provider } from './provider.ts';

/** It cannot be reached, or is not configured as it should be. */
export class ProviderUnavailable extends UserError {
  static readonly description =
    'The identity provider cannot be reached now. No attempt was counted. Call `prepareFactor` again later, or choose another factor.';
  readonly code = 'PROVIDER_UNAVAILABLE';
  /** @param provider null when it is no longer configured. */
  constructor(provider: Provider | null) {
    super(
      provider?.settings.isExample === true
        ? 'The example provider is not running. Start it with `npm run provider`.'
        : 'The identity provider cannot be reached. Try again later, or sign in another way.',
    );
  }
}

const RETURN_MESSAGES = {
  REDIRECT_URI:
    'This `redirectUri` is not one of the provider’s redirect URIs. Add it to the configuration of the provider.',
  CALLBACK_ONLY:
    'The answers of this provider come to the callback of this server. Omit `redirectUri` and `bindingDigest`.',
  RETURN_TO: 'This `returnTo` is not one of the configured return URLs. Add it to `returnUrls`.',
  NO_RETURN_URL: 'No return URL is configured. Add one to `returnUrls`, or give a `redirectUri`.',
  NO_COOKIES:
    'The callback of this server needs session cookies. Send `x-stepgate-session: cookie`, or give a `redirectUri` and a `bindingDigest`.',
} as const;

/** Nothing about any account. */
export class ReturnNotAllowed extends UserError {
  static readonly description =
    'The answer of the identity provider could not come back in this way. The message says what to change in the request or in the configuration.';
  readonly code = 'RETURN_NOT_ALLOWED';
  constructor(reason: keyof typeof RETURN_MESSAGES) {
    super(RETURN_MESSAGES[reason]);
  }
}

/**
 * The same for every reason, so that nobody learns by it which addresses have accounts. Only somebody who has signed in at
 * the provider gets it.
 */
export class IdentityNotLinked extends UserError {
  static readonly description =
    'The user has signed in at the identity provider, but no account here is linked to theirs there, and a new one cannot be made: sign-up with this provider is turned off, or the provider does not vouch for their email address.';
  readonly code = 'IDENTITY_NOT_LINKED';
  constructor() {
    super(
      'No account is linked to this one. Sign in or sign up in another way, then link it in the settings of your account.',
    );
  }
}

/** Raised only after the caller has proved that it is theirs. */
export class IdentityTaken extends UserError {
  static readonly description =
    'This account at the identity provider is already linked, to the user’s own account or to another one.';
  readonly code = 'IDENTITY_TAKEN';
  constructor() {
    super('This account is already linked. Choose another one, or unlink it from the account that has it.');
  }
}

export class ProviderNotFound extends UserError {
  static readonly description =
    'The tenant has no identity provider with this id. See `settings { providers }`.';
  readonly code = 'PROVIDER_NOT_FOUND';
  constructor() {
    super('There is no such identity provider. Choose one of the `providers` of `settings`.');
  }
}
