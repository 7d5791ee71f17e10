// When a signing key does what. It is published before it signs, so that whoever keeps a copy of the published keys knows
// it by then, and it stays published until the last token that it signed has expired.

/** How long the published keys may be kept (`cache-control` of /.well-known/jwks.json). */
export const PUBLISHED_KEYS_SECONDS = 300;
/** How often a node reads the keys again. */
export const KEYS_READ_EVERY_SECONDS = 60;
/** From publication to the first signature: every copy of the published keys is newer than that. */
export const KEY_LEAD_SECONDS = 2 * (PUBLISHED_KEYS_SECONDS + KEYS_READ_EVERY_SECONDS);
/** The longest that an access token may live (`ACCESS_TOKEN_SECONDS`). */
export const LONGEST_ACCESS_TOKEN_SECONDS = 3600;
/** From the first signature of the next key to retirement: a node may sign until it has read the keys, and clocks differ. */
export const KEY_REST_SECONDS = LONGEST_ACCESS_TOKEN_SECONDS + 2 * KEYS_READ_EVERY_SECONDS;
