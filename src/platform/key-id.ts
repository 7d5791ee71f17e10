// Which key made a stored value: sealed values, keyed digests and password hashes all name it in front, as `KEY-ID.…` or
// `$stepgate-…$KEY-ID$…`.

/** For JavaScript and for PostgreSQL alike. */
export const KEY_ID_PATTERN = '([0-9a-f]{8})[.$]';

const KEY_ID = new RegExp(KEY_ID_PATTERN);

/** Null for a value that no key made. */
export function keyIdOf(stored: string): string | null {
  return KEY_ID.exec(stored)?.[1] ?? null;
}
