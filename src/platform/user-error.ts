// An expected failure: a wrong code, an expired workflow, a weak password. It is data that a client acts on, not
// a crash; the message says what to do next and never whether an account exists.

export abstract class UserError extends Error {
  abstract readonly code: string;
}
