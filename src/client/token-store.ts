// Where a client keeps its tokens: in memory, or in a store of the application.

/** The tokens of one session. */
export interface StoredTokens {
  /** Empty after a sign-out that has not reached the server yet. */
  readonly accessToken: string;
  /** Can be used once. */
  readonly refreshToken: string;
  /**
   * When to refresh, in milliseconds since 1970 by this device's clock. Null if unknown; then a refusal triggers the
   * refresh.
   */
  readonly refreshAt: number | null;
}

/**
 * A store for tokens. It must return the tokens unchanged. Tabs can share a store, for example with `localStorage`; if
 * the Web Locks API is available, they never use a refresh token twice. In a browser, `mode: 'cookie'` is safer than
 * any store that a script can read. Errors of the store are passed on to the callers of the client.
 */
export interface TokenStore {
  /** Returns the stored tokens, or null if there are none. */
  get(): StoredTokens | null | Promise<StoredTokens | null>;
  /** Replaces the stored tokens. May return a promise, which the client awaits. */
  set(tokens: StoredTokens): unknown;
  /** Removes the stored tokens. May return a promise, which the client awaits. */
  clear(): unknown;
}

/** A store for the device token. Keep the token even after a sign-out. It grants no access. */
export interface DeviceTokenStore {
  /** Returns the stored token, or null if there is none. */
  get(): string | null | Promise<string | null>;
  /** Replaces the stored token. May return a promise, which the client awaits. */
  set(deviceToken: string): unknown;
}

/** What is kept of a session after a sign-out, until it has ended on the server. */
export function signedOut({ refreshToken }: Pick<StoredTokens, 'refreshToken'>): StoredTokens {
  return { accessToken: '', refreshToken, refreshAt: null };
}

export function isSignedOut({ accessToken }: StoredTokens): boolean {
  return accessToken === '';
}

/** Lost when the page is closed. */
export function inMemory(): TokenStore {
  let held: StoredTokens | null = null;
  return {
    get: () => held,
    set: (tokens) => {
      held = tokens;
    },
    clear: () => {
      held = null;
    },
  };
}

/** Lost when the page is closed. */
export function deviceInMemory(): DeviceTokenStore {
  let held: string | null = null;
  return {
    get: () => held,
    set: (deviceToken) => {
      held = deviceToken;
    },
  };
}
