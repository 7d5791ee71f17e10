// An expected failure, such as a wrong code, an expired workflow or a weak password. It is returned as data that a
// client acts on. The message says what to do next, and never whether an account exists.

/** A class describes itself in a static `description`, which the GraphQL schema shows. */
export abstract class UserError extends Error {
  abstract readonly code: string;
}
