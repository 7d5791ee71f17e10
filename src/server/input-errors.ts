// Bad input gets a typed error that says where it is wrong and never repeats the value: it may be a password in the
// wrong place. GraphQL's own messages print values, so variables are checked here first and messages are cut.
import {
  type ASTVisitor,
  coerceInputValue,
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  isInputType,
  typeFromAST,
  type ValidationContext,
} from 'graphql';
import { LIMITS } from './limits.ts';

type Variables = Readonly<Record<string, unknown>>;

/** Every mistake in an operation's variables. */
export function variableErrors(
  schema: GraphQLSchema,
  document: DocumentNode,
  operationName: string | null | undefined,
  variables: Variables,
): GraphQLError[] {
  const errors: GraphQLError[] = [];
  const report = (path: readonly (string | number)[], message: string): void => {
    errors.push(
      new GraphQLError(`$${path.join('.')}: ${message}`, { extensions: { code: 'BAD_USER_INPUT' } }),
    );
  };
  for (const definition of getOperationAST(document, operationName)?.variableDefinitions ?? []) {
    const name = definition.variable.name.value;
    const type = typeFromAST(schema, definition.type);
    if (!isInputType(type) || !Object.hasOwn(variables, name)) continue;
    coerceInputValue(variables[name], type, (path, _value, error) => {
      report([name, ...path], withoutSuggestions(withoutValue(error.message)));
    });
  }
  for (const [path, text] of strings(variables, [])) {
    const defect = stringDefect(text);
    if (defect !== null) report(path, defect);
  }
  return errors;
}

/** The same for the strings that stand in the document itself. */
export function wellFormedStringsRule(context: ValidationContext): ASTVisitor {
  return {
    StringValue(node) {
      const defect = stringDefect(node.value);
      if (defect === null) return;
      context.reportError(
        new GraphQLError(defect, { nodes: [node], extensions: { code: 'BAD_USER_INPUT' } }),
      );
    },
  };
}

/** What PostgreSQL could not store, or nobody would send: null when there is nothing wrong with a string. */
export function stringDefect(text: string): string | null {
  if (text.includes('\0')) return 'Leave out the NUL character.';
  if (!text.isWellFormed()) return 'Leave out the lone surrogate: this is not well-formed Unicode.';
  if (text.length > LIMITS.stringLength) return `A string has at most ${LIMITS.stringLength} characters.`;
  return null;
}

/** A message of GraphQL's without the names that it guesses: they would map a schema that is not introspected. */
export function withoutSuggestions(message: string): string {
  return message.replace(/ Did you mean .*$/s, '');
}

/** A message of GraphQL's without the value that it quotes. */
export function withoutValue(message: string): string {
  return message
    .replace(/^(\w+ cannot represent [\w -]*?)(: .*| value .*)$/s, '$1.')
    .replace(/^Value ".*" does not exist in "(\w+)" enum\.?$/s, 'This value does not exist in "$1" enum.')
    .replace(/^(Expected value of type "[^"]*"), found .*$/s, '$1.');
}

function* strings(value: unknown, path: readonly (string | number)[]): Generator<[typeof path, string]> {
  if (typeof value === 'string') yield [path, value];
  else if (typeof value === 'object' && value !== null) {
    for (const [key, inner] of Object.entries(value)) yield* strings(inner, [...path, key]);
  }
}
