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
