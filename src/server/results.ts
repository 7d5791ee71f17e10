// The errors in results: each gets a code, a message without values, and nothing about the inside of the server. Log
// lines about failures name codes, never messages or values.
import { type ExecutionResult, GraphQLError } from 'graphql';
import { withoutValue } from '../graphql/input-errors.ts';
import type { Log } from '../platform/log.ts';
import { UserError } from '../platform/user-error.ts';
import { clientError, logFailure } from './failures.ts';

export class Results {
  readonly #log: Log;
  readonly #noted = new WeakSet<object>();

  constructor(log: Log) {
    this.#log = log;
  }

  /** The result of an operation that failed as a whole. */
  failed(error: unknown): ExecutionResult {
    return { errors: [this.#presentable(error)] };
  }

  /** A result as the client may see it. */
  presented(result: ExecutionResult): ExecutionResult {
    const { errors } = result;
    if (errors === undefined) return result;
    return { ...result, errors: errors.map((error) => this.#presentable(expected(error))) };
  }

  /** Gives a code to each error without one, and logs the result of an operation, once. */
  note(result: ExecutionResult, operationName: string | null = null): void {
    if (this.#noted.has(result)) return;
    this.#noted.add(result);
    const codes = typedCodes(result);
    const isFailure = codes.length > 0;
    if (!this.#log.isLevelEnabled(isFailure ? 'info' : 'debug')) return;
    const operation = operationName?.slice(0, 64) ?? null;
    if (isFailure) this.#log.info({ operation, codes }, 'operation with errors');
    else this.#log.debug({ operation, codes }, 'operation');
  }

  #presentable(error: unknown): GraphQLError {
    const presentable = clientError(error);
    if (presentable !== error) logFailure(this.#log, error);
    return presentable;
  }
}

/**
 * Gives codes to client errors that appear only during execution: an argument that is invalid because of a variable in
 * it, and an expected failure of a field that does not return a union.
 */
function expected(error: GraphQLError): GraphQLError {
  const { originalError, message } = error;
  const code = originalError instanceof UserError ? originalError.code : argumentCode(error);
  if (code === null) return error;
  return new GraphQLError(withoutValue(message), {
    nodes: error.nodes ?? null,
    path: error.path ?? null,
    // Existing extensions carry the HTTP status of the response.
    extensions: { ...error.extensions, ...retryOf(originalError), code },
  });
}

function retryOf(error: unknown): object {
  return error instanceof UserError && 'retryAfterSeconds' in error
    ? { retryAfterSeconds: error.retryAfterSeconds }
    : {};
}

function argumentCode({ originalError, message }: GraphQLError): string | null {
  const isGraphQLs = originalError === undefined || originalError instanceof GraphQLError;
  return isGraphQLs && /^Argument "\w+" (?:has|of) /.test(message) ? 'BAD_USER_INPUT' : null;
}

/** Returns each code once, because an operation can fail in many places for the same reason. */
function typedCodes({ errors = [] }: ExecutionResult): string[] {
  const codes = errors.map((error) => {
    error.extensions['code'] ??= error.path === undefined ? 'BAD_REQUEST' : 'INTERNAL_SERVER_ERROR';
    return String(error.extensions['code']);
  });
  return [...new Set(codes)];
}
