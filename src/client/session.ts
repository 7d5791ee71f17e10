// The session of a client, wherever its tokens are kept: what it presents, and how it gets new tokens.
import { type Credentials, type Endpoint, fieldOf } from './endpoint.ts';
import { GRANT, type SessionGrant } from './session-grant.ts';

/** What was presented, and of which tokens it was made. */
export interface Presented extends Credentials {
  /** Null: nobody is signed in. */
  readonly mark: string | number | null;
}

export const NOBODY: Presented = { headers: {}, cookies: false, mark: null };

export interface ClientSession {
  /** Refreshed before, when the token has expired or is about to. */
  present(): Promise<Presented>;
  /**
   * After a refusal of nobody: whether there are other tokens now than those that were presented. Where none can be
   * had, the session has ended.
   */
  renew(refused: Presented): Promise<boolean>;
  /**
   * After a refusal that asks for more: the same, because the session may hold more than the tokens say. A failure
   * changes nothing.
   *
   * @param isCertain the session does hold more. Otherwise tokens that have just been received are not replaced.
   */
  update(refused: Presented, isCertain: boolean): Promise<boolean>;
  /** A mutation was let in, and may have signed somebody in. */
  noticeMutation(): void;
  /** The tokens of a sign-in. To be called in turn. */
  keep(grant: SessionGrant): Promise<void>;
  /** Newer tokens of this session. To be called in turn. */
  replace(grant: SessionGrant): Promise<void>;
  /** Nobody is signed in from now on. Rejects while the session may live on at the server, and remembers to end it. */
  signOut(): Promise<void>;
  /** Ends at the server what a former `signOut` could not. It rejects as its store does, and for nothing else. */
  finishSignOut(): Promise<void>;
  /** One at a time: whatever spends a refresh token or brings new tokens. */
  inTurn<T>(work: () => Promise<T>): Promise<T>;
}

const REFRESH = `mutation ($refreshToken: String) {
  refreshSession(input: { refreshToken: $refreshToken }) {
    ... on SessionGrant { ${GRANT} }
    ... on UserError { code }
  }
}`;

/**
 * New tokens for a refresh token; null when it is not valid (any more). It is void from then on, except that it may be
 * sent again within a few seconds when its answer was lost on the way.
 */
export async function refreshSession(
  endpoint: Endpoint,
  refreshToken: string | null,
  credentials: Credentials,
): Promise<SessionGrant | null> {
  const answer = await endpoint.send<Record<string, SessionGrant | { code: string }>>(
    { query: REFRESH, variables: { refreshToken } },
    credentials,
  );
  const result = fieldOf(answer);
  return 'code' in result ? null : result;
}
