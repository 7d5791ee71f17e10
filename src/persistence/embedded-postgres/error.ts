/**
 * Owns the one error that the embedded database fails with, on both sides of the supervisor's IPC channel.
 * Refuses to carry anything but a stable code and a message that says what to do: no password, no stack of
 * the other process.
 */

export type EmbeddedPostgresFailure =
  | 'no_binary' // no PostgreSQL that this machine can run
  | 'folder_in_use' // another Stepgate holds the folder
  | 'folder_unusable' // what lies in the folder cannot be used as it is
  | 'no_account' // root, and no account for PostgreSQL to run as
  | 'unreachable_for_account' // root, and that account cannot enter a folder on the way
  | 'initialise_failed'
  | 'start_failed'
  | 'leftover_server' // a server from an earlier run does not go away
  | 'supervisor_failed';

export class EmbeddedPostgresError extends Error {
  readonly code: EmbeddedPostgresFailure;

  constructor(code: EmbeddedPostgresFailure, message: string) {
    super(message);
    this.name = 'EmbeddedPostgresError';
    this.code = code;
  }
}
