// The kinds of actors in the audit log.

export const ActorKind = {
  /** The subject, while signed in. */
  USER: 'USER',
  /** An agent of the subject, with a token of its own. */
  AGENT: 'AGENT',
  /** Another user who may act on the subject. */
  ADMINISTRATOR: 'ADMINISTRATOR',
  /** A command on the server. */
  OPERATOR: 'OPERATOR',
  /** The server itself. */
  SYSTEM: 'SYSTEM',
  /** A client without a session. It may or may not be the subject. */
  ANONYMOUS: 'ANONYMOUS',
} as const;
export type ActorKind = (typeof ActorKind)[keyof typeof ActorKind];
