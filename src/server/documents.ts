// From a document to a typed answer: parsed and validated within limits, its variables checked, each error with a
// code, each failure with a log line that names codes and never a message or a value.

import type { ExecutionResult } from 'graphql';
import { GraphQLError, parse } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import type { Log } from '../platform/log.ts';
import { variableErrors, wellFormedStringsRule, withoutSuggestions, withoutValue } from './input-errors.ts';
import { LIMITS, limitsRule } from './limits.ts';

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
        if (result instanceof GraphQLError) {
          result.extensions['code'] ??= 'GRAPHQL_PARSE_FAILED';
          replaceParseResult(result);
        }
      };
    },
    onValidate({ addValidationRule }) {
      addValidationRule(limitsRule);
      addValidationRule(wellFormedStringsRule);
      return ({ valid, result, setResult }) => {
        if (!valid) setResult((result as readonly GraphQLError[]).map(reworded));
      };
    },
  };
}

export function useSafeVariables(): Plugin {
  return {
    onExecute({ args, setResultAndStopExecution }) {
      const { schema, document, operationName, variableValues } = args;
      const errors = variableErrors(schema, document, operationName, variableValues ?? {});
      if (errors.length > 0) setResultAndStopExecution({ errors });
    },
  };
}

/** Gives a code to each error that has none, and logs what was answered. */
export function useTypedErrors(log: Log): Plugin {
  return {
    onExecutionResult({ result, context }) {
      if (result === undefined || Array.isArray(result) || !('errors' in result || 'data' in result)) return;
      const { operationName } = (context as { params?: { operationName?: string } }).params ?? {};
      const codes = typedCodes(result);
      const line = { operation: operationName?.slice(0, 64) ?? null, codes };
      if (codes.length > 0) log.info(line, 'operation with errors');
      else log.debug(line, 'operation');
    },
    onResultProcess({ result }) {
      // What failed before there was an operation: a body that is no JSON, a batch that is too large.
      for (const one of Array.isArray(result) ? result : [result]) if ('errors' in one) typedCodes(one);
    },
  };
}

function typedCodes(result: ExecutionResult): string[] {
  return (result.errors ?? []).map((error) => {
    error.extensions['code'] ??= error.path === undefined ? 'BAD_REQUEST' : 'INTERNAL_SERVER_ERROR';
    return String(error.extensions['code']);
  });
}
