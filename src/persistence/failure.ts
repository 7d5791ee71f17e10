// Classifies failures of PostgreSQL and of the connection (PostgreSQL manual, appendix A): a unique violation,
// contention between transactions, or an outage.

/** SQLSTATE classes of an outage: connection exception, insufficient resources, operator intervention. */
const UNAVAILABLE_CLASSES = new Set(['08', '53', '57']);
const UNAVAILABLE_CODES = new Set([
  '25006', // the server is read-only, as a standby or because its disk is full
  '25P03', // the transaction was idle for too long
  '28000', // the server refuses the login
  '28P01',
  '3D000', // the database does not exist
  '55000', // the database accepts no connections, or the server is still in recovery
  '55P03', // lock timeout
]);
/** Errors of Node and `pg` when the server does not respond. */
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
  const { code } = error instanceof Error ? (error as NodeJS.ErrnoException) : {};
  return typeof code === 'string' ? code : '';
}

/** A concurrent claim of the same value. */
export function isUniqueViolation(error: unknown): boolean {
  return codeOf(error) === '23505';
}

/** What the row belongs to was deleted meanwhile, for example a user who was merged into another one. */
export function isForeignKeyViolation(error: unknown): boolean {
  return codeOf(error) === '23503';
}

/** A requirement of a unit of work was lost: `unit_of_work_lost` raises this code of our own. */
export function isLostRequirement(error: unknown): boolean {
  return codeOf(error) === 'SG001';
}

/** Another session held the lock for longer than this one waits. */
export function isLockTimeout(error: unknown): boolean {
  return codeOf(error) === '55P03';
}

/** Nothing was written, and a retry may succeed. */
export function isContention(error: unknown): boolean {
  return ['40001', '40P01'].includes(codeOf(error));
}

/** The database is unreachable, read-only, or too slow. The request itself is fine. */
export function isUnavailable(error: unknown): boolean {
  const code = codeOf(error);
  return UNAVAILABLE_CODES.has(code) || UNAVAILABLE_CLASSES.has(code.slice(0, 2)) || hasNoAnswer(error, code);
}

/** The connection will not recover, even if it still responds: a session on a standby never becomes writable. */
export function losesConnection(error: unknown): boolean {
  const code = codeOf(error);
  return code === '25006' || /^(08|57P)/.test(code) || hasNoAnswer(error, code);
}

function hasNoAnswer(error: unknown, code: string): boolean {
  if (!(error instanceof Error)) return false;
  // A Unix domain socket fails with the error codes of files.
  const isSocket = (error as NodeJS.ErrnoException).syscall === 'connect';
  return isSocket || NETWORK_CODES.has(code) || NO_ANSWER.test(error.message);
}
