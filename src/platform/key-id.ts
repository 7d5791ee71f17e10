// Finds the key that made a stored value. Sealed values, keyed digests and password hashes start with its id, as
// `KEY-ID.…` or `$stepgate-…$KEY-ID$…`.

/** Valid in JavaScript and in PostgreSQL. */
export const KEY_ID_PATTERN = '([0-9a-f]{8})[.$]';

const KEY_ID = new RegExp(KEY_ID_PATTERN);

/** Null for a value without a key id. */
export function keyIdOf(stored: string): string | null {
  return KEY_ID.exec(stored)?.[1] ?? null;
}
