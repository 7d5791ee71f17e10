// Parses and validates the documents of operations, within the request's budget. Error messages never quote a document.
import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  NoSchemaIntrospectionCustomRule,
  type OperationDefinitionNode,
  specifiedRules,
  type ValidationRule,
  validate,
} from 'graphql';
import { wellFormedStringsRule, withoutSource, withoutValue } from '../graphql/input-errors.ts';
import { LIMITS } from '../graphql/limits.ts';
import type { RequestBudget } from '../graphql/request-budget.ts';
import { DocumentCache } from './document-cache.ts';

interface DocumentOptions {
  readonly schema: GraphQLSchema;
  readonly introspection: boolean;
  readonly hideSuggestions: boolean;
}

/** The HTTP status of an operation that did not begin. Clients that accept only `application/json` get 200. */
const NOT_BEGUN = { status: 400, spec: true };

export class Documents {
  readonly #options: DocumentOptions;
  readonly #rules: readonly ValidationRule[];
  readonly #parsed = new DocumentCache();
  readonly #mistakes = new WeakMap<DocumentNode, readonly GraphQLError[]>();

  constructor(options: DocumentOptions) {
    this.#options = options;
    this.#rules = [
      ...specifiedRules,
      wellFormedStringsRule,
      ...(options.introspection ? [] : [NoSchemaIntrospectionCustomRule]),
    ];
  }

  /**
   * Parses a document. One that is cached is not parsed again, but still counts against the budget.
   * @throws a GraphQLError if the text is not valid GraphQL or exceeds the remaining budget.
   */
  parse(text: string, budget: RequestBudget): DocumentNode {
    try {
      const document = this.#parsed.get(text) ?? budget.parse(text);
      const excess = budget.take(document, this.#options.schema);
      if (excess !== null) throw excess;
      this.#parsed.set(text, document);
      return document;
    } catch (error) {
      throw error instanceof GraphQLError ? parseError(error) : error;
    }
  }

  /** The errors in a document, of which there are none if it may be executed. */
  mistakesIn(document: DocumentNode): readonly GraphQLError[] {
    const known = this.#mistakes.get(document) ?? this.#validate(document);
    this.#mistakes.set(document, known);
    return known;
  }

  #validate(document: DocumentNode): readonly GraphQLError[] {
    const { schema, hideSuggestions } = this.#options;
    const options = { maxErrors: LIMITS.mistakes, hideSuggestions };
    return validate(schema, document, this.#rules, options).slice(0, LIMITS.mistakes).map(reworded);
  }
}

/** @throws a GraphQLError if the document does not say which operation to run. */
export function operationOf(
  document: DocumentNode,
  name: string | null | undefined,
): OperationDefinitionNode {
  const operation = getOperationAST(document, name);
  if (operation) return operation;
  throw new GraphQLError('Give the name of an operation in the document as `operationName`.', {
    extensions: { code: 'OPERATION_RESOLUTION_FAILURE', http: { status: 400 } },
  });
}

/** Changes the error in place, because a copy would compute the locations of its nodes again. */
function reworded(error: GraphQLError): GraphQLError {
  error.message = withoutValue(error.message);
  error.extensions['code'] ??= 'GRAPHQL_VALIDATION_FAILED';
  error.extensions['http'] ??= NOT_BEGUN;
  return error;
}

function parseError(error: GraphQLError): GraphQLError {
  return new GraphQLError(withoutSource(error.message), {
    ...(error.source && error.positions && { source: error.source, positions: error.positions }),
    extensions: { code: 'GRAPHQL_PARSE_FAILED', ...error.extensions, http: NOT_BEGUN },
  });
}
