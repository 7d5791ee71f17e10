/**
 * Owns what the app and the supervising process say to each other by IPC. The URL holds the password, so it
 * travels here and nowhere else: not in arguments (`ps` shows them), not in the environment, not in a log.
 */
import type { EmbeddedPostgresFailure } from './error.ts';

export type SupervisorOrder = { kind: 'stop' };

export type SupervisorReport =
  | { kind: 'log'; line: string }
  | { kind: 'ready'; url: string }
  | { kind: 'failed'; failure: EmbeddedPostgresFailure; message: string };
