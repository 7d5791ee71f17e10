// Where a request came from, in words that its user recognises: the browser by its user agent, the place by its
// address. Both are hints, not proofs.

/** For example `Firefox on Windows`. Null when it cannot be told. */
export function browserOf(_userAgent: string | null): string | null {
  return null;
}

/** For example `Canada`, in the words of the locale. Null when it cannot be told. */
export function placeOf(_ip: string | null, _locale: string): string | null {
  return null;
}
