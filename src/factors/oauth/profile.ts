// How the profile of a provider that has no ID tokens is read.

/** Of an ID token, or of a profile. */
export type Claims = Readonly<Record<string, unknown>>;

/** Reads who the user is with an access token. @param get reads JSON. @returns claims, with `sub`. Null: unusable. */
export type ReadProfile = (get: (url: string) => Promise<unknown>) => Promise<Claims | null>;
