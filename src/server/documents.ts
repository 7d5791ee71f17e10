// Parses and validates documents within limits, checks their variables and gives each error a code. Log lines about
// failures name codes, never messages or values.

import type { ExecutionArgs, ExecutionResult, GraphQLSchema } from 'graphql';
import { type DocumentNode, GraphQLError, NoSchemaIntrospectionCustomRule, validate } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import {
  variableErrors,
  wellFormedStringsRule,
  withoutSource,
  withoutValue,
} from '../graphql/input-errors.ts';
import { LIMITS } from '../graphql/limits.ts';
import { RequestBudget } from '../graphql/request-budget.ts';
import type { Log } from '../platform/log.ts';
import { UserError } from '../platform/user-error.ts';

interface DocumentOptions {
  readonly schema: GraphQLSchema;
  readonly introspection: boolean;
  readonly hideSuggestions: boolean;
}

export function useBoundedDocuments({ schema, introspection, hideSuggestions }: DocumentOptions): Plugin {
  const limited: typeof validate = (on, document, rules) =>
    validate(on, document, rules, { maxErrors: LIMITS.mistakes, hideSuggestions });
  return {
    onParse({ context: { request }, setParseFn }) {
      const budget = RequestBudget.of(request);
      setParseFn((source: string) => budget.parse(source));
      // A cached document is not parsed again, but still counts against the budget.
      return ({ result, replaceParseResult }) => {
        if (result instanceof GraphQLError) return replaceParseResult(parseError(result));
        const excess = budget.take(result as DocumentNode, schema);
        if (excess !== null) replaceParseResult(parseError(excess));
      };
    },
    onValidate({ addValidationRule, setValidationFn }) {
      setValidationFn(limited);
      addValidationRule(wellFormedStringsRule);
      if (!introspection) addValidationRule(NoSchemaIntrospectionCustomRule);
      return ({ valid, result, setResult }) => {
        if (!valid) setResult((result as readonly GraphQLError[]).slice(0, LIMITS.mistakes).map(reworded));
      };
    },
  };
}

/** Changes the error in place, because a copy would compute the locations of its nodes again. */
function reworded(error: GraphQLError): GraphQLError {
  error.message = withoutValue(error.message);
  error.extensions['code'] ??= 'GRAPHQL_VALIDATION_FAILED';
  return error;
}

function parseError(error: GraphQLError): GraphQLError {
  return new GraphQLError(withoutSource(error.message), {
    ...(error.source && error.positions && { source: error.source, positions: error.positions }),
    extensions: { code: 'GRAPHQL_PARSE_FAILED', ...error.extensions, http: { status: 400, spec: true } },
  });
}

export function useSafeVariables(): Plugin {
  return {
    onExecute({ args, setResultAndStopExecution }) {
      const { schema, document, operationName, variableValues } = args as ExecutionArgs;
      const errors = variableErrors(schema, document, operationName, variableValues ?? {});
      const [first] = errors;
      if (first === undefined) return undefined;
      first.extensions['http'] = { status: 400, spec: true };
      setResultAndStopExecution({ errors });
      return undefined;
    },
  };
}

/**
 * Gives codes to client errors that appear only during execution: an argument that is invalid because of a variable in
 * it, and an expected failure of a field that does not return a union.
 */
export function useExpectedErrors(): Plugin {
  return {
    onExecute: () => ({
      onExecuteDone({ result, setResult }) {
        if (!('errors' in result) || result.errors === undefined) return;
        setResult({ ...result, errors: result.errors.map(expected) });
      },
    }),
  };
}

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

/** Gives a code to each error without one, and logs the result of each operation. */
export function useTypedErrors(log: Log): Plugin {
  const logged = new WeakSet<object>();
  const note = (result: ExecutionResult, operationName?: unknown): void => {
    if (logged.has(result)) return;
    logged.add(result);
    const codes = typedCodes(result);
    const operation = typeof operationName === 'string' ? operationName.slice(0, 64) : null;
    if (codes.length > 0) log.info({ operation, codes }, 'operation with errors');
    else log.debug({ operation, codes }, 'operation');
  };
  return {
    onExecutionResult({ result, context }) {
      if (result === undefined || !isResult(result)) return;
      const { operationName } = (context as { params?: { operationName?: unknown } }).params ?? {};
      note(result, operationName);
    },
    onResultProcess({ result }) {
      // Failures before there was an operation: a body that is not valid JSON, a batch that is too large.
      for (const one of Array.isArray(result) ? result : [result]) if (isResult(one)) note(one);
    },
  };
}

function isResult(result: object): result is ExecutionResult {
  return 'errors' in result || 'data' in result;
}

/** Returns each code once, because an operation can fail in many places for the same reason. */
function typedCodes(result: ExecutionResult): string[] {
  const codes = (result.errors ?? []).map((error) => {
    error.extensions['code'] ??= error.path === undefined ? 'BAD_REQUEST' : 'INTERNAL_SERVER_ERROR';
    return String(error.extensions['code']);
  });
  return [...new Set(codes)];
}
