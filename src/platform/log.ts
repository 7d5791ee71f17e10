// Structured logs. What is logged is chosen field by field at each call; `redact` is the second line of defence
// for the words under which a secret could slip in.
import { type Logger, pino } from 'pino';

export type Log = Logger;

const SECRET_WORDS = [
  'password',
  'newPassword',
  'code',
  'emailCode',
  'phoneCode',
  'totp',
  'backupCode',
  'linkToken',
  'secret',
  'accessToken',
  'refreshToken',
  'token',
  'authorization',
  'cookie',
  'variables',
];

export function createLog(level: string, destination?: { write(line: string): void }): Log {
  const options = {
    level,
    base: null,
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    redact: {
      paths: SECRET_WORDS.flatMap((word) => [word, `*.${word}`, `*.*.${word}`]),
      censor: '[redacted]',
    },
    serializers: { err: describeError },
  };
  return destination ? pino(options, destination) : pino(options);
}

/** Type, message and stack, and nothing else: an SDK's error object may carry the request that it made. */
export function describeError(error: unknown): object {
  if (!(error instanceof Error)) return { type: typeof error };
  return {
    type: error.name,
    message: error.message,
    stack: error.stack,
    ...(error.cause === undefined ? {} : { cause: describeError(error.cause) }),
  };
}
