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
 * @throws {InvalidInput} at the path `document`.
 */
export function checkedDocument(request: object, schema: GraphQLSchema, text: string): DocumentNode {
  const known = checked.get(request) ?? new Map<string, DocumentNode | InvalidInput>();
  checked.set(request, known);
  const document = known.get(text) ?? checkDocument(schema, text);
  known.set(text, document);
  if (document instanceof InvalidInput) throw document;
  return document;
}

function checkDocument(schema: GraphQLSchema, text: string): DocumentNode | InvalidInput {
  const document = parsed(text);
  if (document instanceof InvalidInput) return document;
  const excess = limitErrors(document);
  const rules = [...specifiedRules, wellFormedStringsRule];
  const errors =
    excess.length > 0 ? excess : validate(schema, document, rules, { maxErrors: LIMITS.mistakes });
  return errors.length === 0
    ? document
    : invalid(errors.map(({ message }) => withoutSuggestions(withoutValue(message))));
}

function parsed(text: string): DocumentNode | InvalidInput {
  try {
    return parse(text, { maxTokens: LIMITS.tokens });
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    return invalid([withoutSource(error.message)]);
  }
}

function invalid(messages: readonly string[]): InvalidInput {
  return new InvalidInput(messages.map((message) => ({ path: 'document', message })));
}
