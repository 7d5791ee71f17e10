// How many authenticators a user can have.

/** Authenticators and phone numbers together. An import takes at most so many of one kind. */
export const MOST_AUTHENTICATORS = 20;

/** Email addresses, with those that are not verified yet. */
export const MOST_EMAIL_ADDRESSES = 10;
