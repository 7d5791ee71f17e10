/**
 * The error type of the embedded database, on both sides of the supervisor's IPC channel. It has only a stable code and a
 * message that says what to do: no password, and no stack trace of the other process.
 */
import { OperatorError } from '../platform/operator-error.ts';

export type EmbeddedPostgresFailure =
  | 'no_binary' // no PostgreSQL for this platform
  | 'folder_in_use' // another Stepgate is using the directory
  | 'folder_unusable' // the content of the directory cannot be used
  | 'no_account' // running as root without an account for PostgreSQL
  | 'unreachable_for_account' // running as root, and that account cannot reach the directory
  | 'initialise_failed'
  | 'start_failed'
  | 'leftover_server' // a server from an earlier run does not stop
  | 'supervisor_failed';

export class EmbeddedPostgresError extends OperatorError {
  readonly code: EmbeddedPostgresFailure;

  constructor(code: EmbeddedPostgresFailure, message: string) {
    super(message);
    this.code = code;
  }
}
