// The session of a client, wherever its tokens are kept: what it presents, and how it gets new tokens.
import { type Credentials, type Endpoint, fieldOf } from './endpoint.ts';
import { GRANT, type SessionGrant } from './session-grant.ts';

/** What was presented, and of which tokens it was made. */
export interface Presented extends Credentials {
  /** Null: nobody is signed in. */
  readonly mark: string | number | null;
}

export interface ClientSession {
  /** Refreshed before, when the token has expired or is about to. */
  present(): Promise<Presented>;
  /** After a refusal: whether there are other tokens now than those that were presented. */
  renew(refused: Presented): Promise<boolean>;
  /** To be called in turn. */
  keep(grant: SessionGrant): Promise<void>;
  /** To be called in turn. */
  forget(): Promise<void>;
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
 * New tokens for a refresh token; null when it is not valid (any more). It is void from then on, also when its answer
 * is lost on the way.
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
