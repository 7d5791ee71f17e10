// What Stepgate answers when a workflow or a refresh gives a session its tokens.

/**
 * `SessionGrant` of the schema. In cookie mode both tokens are empty: they came as cookies. The refresh token alone is
 * empty when the one that the client holds stays valid.
 */
export interface SessionGrant {
  readonly accessToken: string;
  readonly refreshToken: string;
  /** After a sign-in or sign-up on a new device. */
  readonly deviceToken?: string | null;
  readonly session?: { readonly id: string } | null;
}

/** What the client asks of one. */
export const GRANT = 'accessToken refreshToken deviceToken session { id }';
