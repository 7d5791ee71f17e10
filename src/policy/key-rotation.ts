// The life of a signing key. A key is published before it signs, so that every cached copy of the key set contains it
// by then, and it stays published until the last token that it signed has expired.

/** How long the published keys may be cached (`cache-control` of /.well-known/jwks.json). */
export const PUBLISHED_KEYS_SECONDS = 300;
/** How often a node reloads the keys. */
export const KEYS_READ_EVERY_SECONDS = 60;
/** Time from publication to the first signature. Longer than any copy of the key set is cached. */
export const KEY_LEAD_SECONDS = 2 * (PUBLISHED_KEYS_SECONDS + KEYS_READ_EVERY_SECONDS);
/** The maximum lifetime of an access token (`ACCESS_TOKEN_SECONDS`). */
export const LONGEST_ACCESS_TOKEN_SECONDS = 3600;
/**
 * Time from the next key's first signature to retirement. A node may sign until it reloads the keys, and clocks differ.
 */
export const KEY_REST_SECONDS = LONGEST_ACCESS_TOKEN_SECONDS + 2 * KEYS_READ_EVERY_SECONDS;
