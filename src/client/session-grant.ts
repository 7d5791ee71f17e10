// The tokens that Stepgate issues at the end of a workflow or in a refresh.

/**
 * The type `SessionGrant` of the schema. In cookie mode both tokens are empty, because they are set as cookies. In
 * bearer mode an empty refresh token means that the current one stays valid.
 */
export interface SessionGrant {
  readonly accessToken: string;
  readonly refreshToken: string;
  /** Set after a sign-in or sign-up on a new device. */
  readonly deviceToken?: string | null;
  readonly session?: { readonly id: string } | null;
}

/** The fields that the client selects. */
export const GRANT = 'accessToken refreshToken deviceToken session { id }';
