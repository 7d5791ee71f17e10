// Structured logs. Each call chooses the fields it logs. As a second line of defense, fields with the name of a secret
// are redacted at any depth.
import { type Logger, pino } from 'pino';
import { currentRequestId } from './request-id.ts';

export type Log = Logger;

/** Field names that may contain a secret, in lower case. */
const SECRET_NAMES = new Set([
  'password',
  'newpassword',
  'passwordhash',
  'code',
  'emailcode',
  'phonecode',
  'totp',
  'backupcode',
  'backupcodes',
  'linktoken',
  'proof',
  'secret',
  'secretkeys',
  'sealed',
  'accesstoken',
  'refreshtoken',
  'token',
  'authorization',
  'authtoken',
  'cookie',
  'set-cookie',
  'variables',
  'workflowid', // a bearer value: its holder controls the workflow
  'smtpurl',
  'databaseurl',
]);

/** Fields that were chosen for logging are never nested more deeply. */
const MOST_NESTING = 6;

export function createLog(level: string, destination?: { write(line: string): void }): Log {
  const options = {
    level,
    base: null,
    mixin: () => {
      const requestId = currentRequestId();
      return requestId === undefined ? {} : { requestId };
    },
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { log: (fields: Record<string, unknown>) => withoutSecrets(fields, 0) },
    serializers: { err: (described: unknown) => described }, // replaces pino's serializer, which logs all properties of an error
  };
  return destination ? pino(options, destination) : pino(options);
}

function withoutSecrets(fields: object, nesting: number): Record<string, unknown> {
  const loggable: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) {
    loggable[name] = SECRET_NAMES.has(name.toLowerCase()) ? '[redacted]' : loggableValue(value, nesting + 1);
  }
  return loggable;
}

function loggableValue(value: unknown, nesting: number): unknown {
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  if (nesting > MOST_NESTING) return '[nested too deep]';
  if (value instanceof Error) return describeError(value, nesting);
  if (Array.isArray(value)) return value.map((one) => loggableValue(one, nesting + 1));
  return withoutSecrets(value, nesting);
}

/** Only type, message and stack. The error of an SDK may contain the request it made. */
function describeError(error: Error, nesting: number): object {
  return {
    type: error.name,
    message: error.message,
    stack: error.stack,
    ...(error.cause === undefined ? {} : { cause: describeCause(error.cause, nesting + 1) }),
  };
}

function describeCause(cause: unknown, nesting: number): unknown {
  return cause instanceof Error && nesting <= MOST_NESTING
    ? describeError(cause, nesting)
    : { type: typeof cause };
}
