// From a document to a typed answer: parsed and validated within limits, its variables checked, each error with a
// code, each failure with a log line that names codes and never a message or a value.

import type { ExecutionArgs, ExecutionResult } from 'graphql';
import { type DocumentNode, GraphQLError, parse } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import {
  variableErrors,
  wellFormedStringsRule,
  withoutSource,
  withoutSuggestions,
  withoutValue,
} from '../graphql/input-errors.ts';
import { LIMITS, limitErrors } from '../graphql/limits.ts';
import type { Log } from '../platform/log.ts';
import { UserError } from '../platform/user-error.ts';

export function useBoundedDocuments({ hideSuggestions }: { readonly hideSuggestions: boolean }): Plugin {
  const reworded = ({ message, nodes, extensions }: GraphQLError): GraphQLError => {
    const text = withoutValue(message);
    return new GraphQLError(hideSuggestions ? withoutSuggestions(text) : text, {
      nodes: nodes ?? [],
      extensions: { code: 'GRAPHQL_VALIDATION_FAILED', ...extensions },
    });
  };
  return {
    onParse({ setParseFn }) {
      setParseFn((source: string) => parse(source, { maxTokens: LIMITS.tokens }));
      return ({ result, replaceParseResult }) => {
        if (result instanceof GraphQLError) replaceParseResult(parseError(result));
      };
    },
    onValidate({ params, addValidationRule, setResult }) {
      const excess = limitErrors(params.documentAST as DocumentNode);
      if (excess.length > 0) setResult(excess);
      addValidationRule(wellFormedStringsRule);
      return ({ valid, result, setResult: replaceResult }) => {
        if (valid) return;
        replaceResult((result as readonly GraphQLError[]).slice(0, LIMITS.mistakes).map(reworded));
      };
    },
  };
}

function parseError(error: GraphQLError): GraphQLError {
  const isTooLong = error.message.includes('tokens. Parsing aborted');
  return new GraphQLError(withoutSource(error.message), {
    source: error.source,
    positions: error.positions,
    extensions: {
      code: isTooLong ? 'LIMIT_EXCEEDED' : 'GRAPHQL_PARSE_FAILED',
      http: { status: 400, spec: true },
    },
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
 * What execution may still say of a client's mistake: an argument that became invalid by a variable in it, and the
 * expected failure of a field that has no union for it.
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
    // What is there already is the status of the whole response.
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

/** Gives a code to each error that has none, and logs what was answered. */
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
      // What failed before there was an operation: a body that is no JSON, a batch that is too large.
      for (const one of Array.isArray(result) ? result : [result]) if (isResult(one)) note(one);
    },
  };
}

function isResult(result: object): result is ExecutionResult {
  return 'errors' in result || 'data' in result;
}

/** Each code once: an operation may fail in a hundred places for one reason. */
function typedCodes(result: ExecutionResult): string[] {
  const codes = (result.errors ?? []).map((error) => {
    error.extensions['code'] ??= error.path === undefined ? 'BAD_REQUEST' : 'INTERNAL_SERVER_ERROR';
    return String(error.extensions['code']);
  });
  return [...new Set(codes)];
}
