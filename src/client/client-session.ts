// The session of a client, independent of where its tokens are: the credentials it sends, and how it gets new tokens.
import { type Credentials, type Endpoint, fieldOf } from './endpoint.ts';
import { GRANT, type SessionGrant } from './session-grant.ts';
import type { News } from './tabs.ts';

/** The credentials of a request, and a mark of the tokens they came from. */
export interface Presented extends Credentials {
  /** Null if nobody is signed in. */
  readonly mark: string | number | null;
}

export const NOBODY: Presented = { headers: {}, cookies: false, mark: null };

/** Credentials for operations, and newer ones when they are refused. */
export interface Presenting {
  /** The current credentials. Refreshes the token first if it has expired or is about to. */
  present(): Promise<Presented>;
  /**
   * Called when the credentials were refused. @returns whether there are new tokens. If there are none, the session has
   * ended.
   */
  renew(refused: Presented): Promise<boolean>;
  /**
   * Called when more evidence is required, because the session may have more than its tokens. @returns whether there
   * are new tokens. A failure changes nothing.
   *
   * @param isCertain whether the session is known to have more. Otherwise, tokens that were just received are not
   * replaced.
   */
  update(refused: Presented, isCertain: boolean): Promise<boolean>;
  /** Called after a mutation, which may have signed a user in. */
  noticeMutation(): void;
}

export interface ClientSession extends Presenting {
  /** Whether somebody is signed in. Rejects if that cannot be found out. */
  isSignedIn(): Promise<boolean>;
  /** Tells the other tabs of this session. */
  readonly tell: (news: News) => void;
  /** Stores the tokens of a sign-in. Call this inside `inTurn`. */
  keep(grant: SessionGrant): Promise<void>;
  /** Stores newer tokens of this session, unless it was signed out. Call this inside `inTurn`. @returns whether it was not. */
  replace(grant: SessionGrant): Promise<boolean>;
  /** Signs out locally and on the server. Rejects if the session may still exist on the server, and ends it later. */
  signOut(): Promise<void>;
  /** Completes an earlier `signOut` that did not reach the server. Rejects only with errors of the store. */
  finishSignOut(): Promise<void>;
  /** Runs one at a time everything that uses a refresh token or stores new tokens. */
  inTurn<T>(work: () => Promise<T>): Promise<T>;
}

const REFRESH = `mutation ($refreshToken: String) {
  refreshSession(input: { refreshToken: $refreshToken }) {
    ... on SessionGrant { ${GRANT} }
    ... on UserError { code }
  }
}`;

/**
 * Exchanges a refresh token, or the refresh cookie, for new tokens; null if it is not valid. The token is void afterwards,
 * except that it can be sent again within a few seconds if the response was lost.
 */
export async function refreshSession(
  endpoint: Endpoint,
  refreshToken: string | null,
  credentials: Credentials,
): Promise<SessionGrant | null> {
  const answer = await endpoint.send<Record<string, SessionGrant | { code: string }>>(
    { query: REFRESH, variables: { refreshToken: refreshToken || null } },
    credentials,
  );
  const result = fieldOf(answer);
  return 'code' in result ? null : result;
}
