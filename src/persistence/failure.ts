// What a failure of PostgreSQL or of the connection to it means for the caller (PostgreSQL manual, appendix A): somebody else
// was first, two transactions got in each other's way, or the database cannot serve anybody right now.

/** The classes of SQLSTATE that mean "not now": connection failures, no resources left, intervention by the operator. */
const UNAVAILABLE_CLASSES = new Set(['08', '53', '57']);
const UNAVAILABLE_CODES = new Set([
  '25006', // the server is a standby by now, or its disk is full: it only reads
  '25P03', // the transaction was idle for too long
  '28000', // the server does not let us in (any more)
  '28P01',
  '3D000', // there is no such database
  '55000', // the database takes no connections, or the server is still in recovery
  '55P03', // the lock time-out
]);
/** What Node and `pg` say when there is no answer. */
const NETWORK_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'EHOSTDOWN',
  'ENETUNREACH',
  'ENETDOWN',
  'ENOTFOUND',
  'EAI_AGAIN',
]);
const NO_ANSWER =
  /^(Connection terminated|timeout exceeded when trying to connect|timeout expired|Query read timeout|Client (has encountered a connection error|was closed) and is not queryable|Cannot use a pool after calling end|The server does not support SSL)/;

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

/** Two who claim the same thing at the same moment meet in its unique index. */
export function isUniqueViolation(error: unknown): boolean {
  return codeOf(error) === '23505';
}

/** Nothing was written, and the same statements may succeed if they run again. */
export function isContention(error: unknown): boolean {
  return ['40001', '40P01'].includes(codeOf(error));
}

/** The database is away, does not write, or does not answer in time. Nothing is wrong with what was asked. */
export function isUnavailable(error: unknown): boolean {
  const code = codeOf(error);
  return UNAVAILABLE_CODES.has(code) || UNAVAILABLE_CLASSES.has(code.slice(0, 2)) || hasNoAnswer(error, code);
}

/** The connection will not recover, even though it may still answer: a standby's sessions live on and never write. */
export function losesConnection(error: unknown): boolean {
  const code = codeOf(error);
  return code === '25006' || /^(08|57P)/.test(code) || hasNoAnswer(error, code);
}

function hasNoAnswer(error: unknown, code: string): boolean {
  if (!(error instanceof Error)) return false;
  // A socket in the file system fails as a file does.
  const isSocket = 'syscall' in error && error.syscall === 'connect';
  return isSocket || NETWORK_CODES.has(code) || NO_ANSWER.test(error.message);
}
