// A GraphQL document that a client passes as an argument. The same limits and rules apply to it as to the request's own
// document, and error messages never quote it.
import { type DocumentNode, GraphQLError, type GraphQLSchema, specifiedRules, validate } from 'graphql';
import { InvalidInput } from './input.ts';
import { wellFormedStringsRule, withoutSource, withoutValue } from './input-errors.ts';
import { LIMITS } from './limits.ts';
import type { RequestBudget } from './request-budget.ts';

const checked = new WeakMap<RequestBudget, Map<string, DocumentNode | InvalidInput>>();

/**
 * Parses a document and validates it against this schema.
 * @param budget the request's; each text is checked once per request, because one request may pass it thirty times.
 * @throws {InvalidInput}
 */
export function checkedDocument(
  budget: RequestBudget,
  schema: GraphQLSchema,
  text: string,
  path: string,
): DocumentNode {
  const known = checked.get(budget) ?? new Map<string, DocumentNode | InvalidInput>();
  checked.set(budget, known);
  const document = known.get(text) ?? check(budget, schema, text, path);
  known.set(text, document);
  if (document instanceof InvalidInput) throw document;
  return document;
}

function check(
  budget: RequestBudget,
  schema: GraphQLSchema,
  text: string,
  path: string,
): DocumentNode | InvalidInput {
  try {
    const document = parsedDocument(budget, text, path);
    const errors = mistakes(schema, document);
    if (errors.length === 0) return document;
    return invalid(
      path,
      errors.map(({ message }) => withoutValue(message)),
    );
  } catch (error) {
    if (error instanceof InvalidInput) return error;
    throw error;
  }
}

/**
 * Parses a document for any schema, within what is left of the request's budget.
 * @throws {InvalidInput}
 */
export function parsedDocument(budget: RequestBudget, text: string, path: string): DocumentNode {
  try {
    const document = budget.parse(text);
    const excess = budget.take(document, null);
    if (excess === null) return document;
    throw excess;
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    throw invalid(path, [withoutSource(error.message)]);
  }
}

export function isValid(schema: GraphQLSchema, document: DocumentNode): boolean {
  return mistakes(schema, document, 0).length === 0;
}

function mistakes(
  schema: GraphQLSchema,
  document: DocumentNode,
  maxErrors: number = LIMITS.mistakes,
): readonly GraphQLError[] {
  const rules = [...specifiedRules, wellFormedStringsRule];
  return validate(schema, document, rules, { maxErrors, hideSuggestions: true });
}

function invalid(path: string, messages: readonly string[]): InvalidInput {
  return new InvalidInput(messages.map((message) => ({ path, message })));
}
