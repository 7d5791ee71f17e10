// The options of a client.
import type { Fetch } from './endpoint.ts';
import type { OnEnrollmentRequired, OnStepUp } from './prompts.ts';
import type { DeviceTokenStore, TokenStore } from './token-store.ts';

/** The options of `createStepgateClient`. */
export interface StepgateClientOptions {
  /** The URL of Stepgate's API, for example `https://auth.example.com/graphql`. */
  readonly url: string;
  /**
   * Where the tokens are. `bearer` (default): this client holds them. `cookie`: they are cookies that scripts cannot
   * read, for pages on the server's `PUBLIC_URL` and `CORS_ORIGINS`. `hybrid`: the refresh token is such a cookie, and
   * the access token is in memory, for requests to your other services.
   */
  readonly mode?: 'bearer' | 'cookie' | 'hybrid';
  /** Where to keep the tokens in bearer mode. Default: in memory. */
  readonly tokens?: TokenStore;
  /** Where to keep the device token in bearer mode. Use persistent storage. Default: in memory. */
  readonly deviceTokens?: DeviceTokenStore;
  /** The `fetch` function to use. Default: the global one. */
  readonly fetch?: Fetch;
  /** Called to ask the user for a proof. Without it, refusals are returned to the caller. */
  readonly onStepUp?: OnStepUp;
  /** Called when the user must add a factor. Without it, `ENROLLMENT_REQUIRED` is returned to the caller. */
  readonly onEnrollmentRequired?: OnEnrollmentRequired;
  /**
   * Called when the session has ended without a call to `signOut`: it was revoked, was idle for too long, or the user has
   * signed out in another tab. In cookie and hybrid mode, also called when it turns out that there was no session.
   */
  readonly onSignedOut?: () => void;
}
