// Where a client keeps its tokens: in memory, unless the application brings a place of its own.

/** The tokens of one session. */
export interface StoredTokens {
  /** Empty: the user has signed out, and the server has yet to hear of it. */
  readonly accessToken: string;
  /** For one use. */
  readonly refreshToken: string;
  /** Milliseconds since 1970 by this device's clock; null: not known, and the server will say so. */
  readonly refreshAt: number | null;
}

/**
 * Keeps tokens as they are. Tabs may share one (over `localStorage`, say): where the Web Locks API is there, they never
 * use a refresh token twice. In a browser, `mode: 'cookie'` is safer than any store that a script can read.
 */
export interface TokenStore {
  get(): StoredTokens | null | Promise<StoredTokens | null>;
  set(tokens: StoredTokens): unknown;
  clear(): unknown;
}

/** Keeps the device's token for good, also when its user signs out: it opens nothing. */
export interface DeviceTokenStore {
  get(): string | null | Promise<string | null>;
  set(deviceToken: string): unknown;
}

/** What is kept of a session that its user has left, until it has ended at the server. */
export function signedOut({ refreshToken }: Pick<StoredTokens, 'refreshToken'>): StoredTokens {
  return { accessToken: '', refreshToken, refreshAt: null };
}

export function isSignedOut({ accessToken }: StoredTokens): boolean {
  return accessToken === '';
}

/** Forgets when the page is left. */
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

/** A device that is known until the page is left. */
export function deviceInMemory(): DeviceTokenStore {
  let held: string | null = null;
  return {
    get: () => held,
    set: (deviceToken) => {
      held = deviceToken;
    },
  };
}
