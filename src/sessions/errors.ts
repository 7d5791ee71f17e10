// The expected failures of sessions.
import { UserError } from '../platform/user-error.ts';

/** The token is unknown, expired, or was used before. Reuse has ended the whole session. */
export class RefreshTokenRejected extends UserError {
  static readonly description = 'The refresh token is unknown, expired or already used. Sign in again.';
  readonly code = 'REFRESH_TOKEN_REJECTED';
  constructor() {
    super('The refresh token is no longer valid. Sign in again.');
  }
}

/** An agent would get a role that its user does not have. */
export class RoleNotHeld extends UserError {
  static readonly description = 'You do not have one of these roles, so you cannot give it to an agent.';
  readonly code = 'ROLE_NOT_HELD';
  constructor() {
    super('You can only give an agent roles that you have. Read `viewer { roles }`.');
  }
}

export class TooManyAgents extends UserError {
  static readonly description = 'You have as many agents as you can have at a time. End one first.';
  readonly code = 'TOO_MANY_AGENTS';
  constructor() {
    super('You have too many agents. End one with `revokeSession`, then try again.');
  }
}
