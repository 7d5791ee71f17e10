// A document that a client gives as a value and not as its request: held to the same limits and rules, and what is
// wrong with it is said without repeating any of it.
import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  parse,
  specifiedRules,
  validate,
} from 'graphql';
import { InvalidInput } from './input.ts';
import { wellFormedStringsRule, withoutSource, withoutSuggestions, withoutValue } from './input-errors.ts';
import { LIMITS, limitErrors } from './limits.ts';

const checked = new WeakMap<object, Map<string, DocumentNode | InvalidInput>>();

/**
 * A document that this schema could execute.
 * @param request for which each text is checked once: one operation may ask thirty times about one text.
 * @throws {InvalidInput}
 */
export function checkedDocument(
  request: object,
  schema: GraphQLSchema,
  text: string,
  path: string,
): DocumentNode {
  const known = checked.get(request) ?? new Map<string, DocumentNode | InvalidInput>();
  checked.set(request, known);
  const document = known.get(text) ?? check(schema, text, path);
  known.set(text, document);
  if (document instanceof InvalidInput) throw document;
  return document;
}

function check(schema: GraphQLSchema, text: string, path: string): DocumentNode | InvalidInput {
  try {
    const document = parsedDocument(text, path);
    const errors = mistakes(schema, document);
    if (errors.length === 0) return document;
    return invalid(
      path,
      errors.map(({ message }) => withoutSuggestions(withoutValue(message))),
    );
  } catch (error) {
    if (error instanceof InvalidInput) return error;
    throw error;
  }
}

/**
 * A document for whichever schema, within the limits of size.
 * @throws {InvalidInput}
 */
export function parsedDocument(text: string, path: string): DocumentNode {
  try {
    const document = parse(text, { maxTokens: LIMITS.tokens });
    const excess = limitErrors(document);
    if (excess.length === 0) return document;
    throw invalid(
      path,
      excess.map(({ message }) => message),
    );
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    throw invalid(path, [withoutSource(error.message)]);
  }
}

export function isValid(schema: GraphQLSchema, document: DocumentNode): boolean {
  return mistakes(schema, document).length === 0;
}

function mistakes(schema: GraphQLSchema, document: DocumentNode): readonly GraphQLError[] {
  const rules = [...specifiedRules, wellFormedStringsRule];
  return validate(schema, document, rules, { maxErrors: LIMITS.mistakes });
}

function invalid(path: string, messages: readonly string[]): InvalidInput {
  return new InvalidInput(messages.map((message) => ({ path, message })));
}
