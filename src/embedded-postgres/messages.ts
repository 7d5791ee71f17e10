/**
 * The IPC messages between the app and the supervisor. The URL contains the password, so it is passed only here: not in
 * arguments, which `ps` shows, not in the environment, and not in a log.
 */
import type { EmbeddedPostgresFailure } from './error.ts';

export type SupervisorOrder = { kind: 'stop' };

export type SupervisorReport =
  | { kind: 'log'; line: string }
  | { kind: 'ready'; url: string }
  | { kind: 'failed'; failure: EmbeddedPostgresFailure; message: string };
