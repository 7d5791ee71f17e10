// The expected failures of sessions.
import { UserError } from '../platform/user-error.ts';

/** Unknown, expired, or used before; in the last case the whole session has ended. */
export class RefreshTokenRejected extends UserError {
  readonly code = 'REFRESH_TOKEN_REJECTED';
  constructor() {
    super('This refresh token is not valid any more. Sign in again.');
  }
}
