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
import { unstorable } from '../platform/storable-text.ts';
import { LIMITS } from './limits.ts';

type Variables = Readonly<Record<string, unknown>>;

/** The mistakes in an operation's variables, up to a number of them. */
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
    if (errors.length >= LIMITS.mistakes) throw ENOUGH;
  };
  try {
    reportDefects(variables, report);
    if (errors.length === 0) reportTypes(schema, document, operationName, variables, report);
  } catch (error) {
    if (error !== ENOUGH) throw error;
  }
  return errors;
}

/** Thrown past GraphQL's coercion, which would go on looking at the rest of the value. */
const ENOUGH = new Error('Enough mistakes were found.');

function reportTypes(
  schema: GraphQLSchema,
  document: DocumentNode,
  operationName: string | null | undefined,
  variables: Variables,
  report: Report,
): void {
  for (const definition of getOperationAST(document, operationName)?.variableDefinitions ?? []) {
    const name = definition.variable.name.value;
    const type = typeFromAST(schema, definition.type);
    if (!isInputType(type) || !Object.hasOwn(variables, name)) continue;
    const onError = (path: readonly (string | number)[], _value: unknown, error: GraphQLError): void =>
      report([name, ...path], withoutValue(error.message));
    coerceInputValue(variables[name], type, onError, true);
  }
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
  const defect = unstorable(text);
  if (defect !== null) return defect;
  if (text.length > LIMITS.stringLength) return `A string has at most ${LIMITS.stringLength} characters.`;
  return null;
}

/** A message of GraphQL's without the value that it quotes. */
export function withoutValue(message: string): string {
  return message
    .replace(/^((?:\w+|Enum "\w+") cannot represent [\w -]*?)(?:: .*| value .*)$/s, '$1.')
    .replace(/^Value ".*" does not exist in "(\w+)" enum\b.*$/s, 'This value does not exist in "$1" enum.')
    .replace(/^(Expected value of type "[^"]*"), found .*$/s, '$1.')
    .replace(/^(Argument "\w+" has) invalid value .*$/s, '$1 an invalid value.');
}

/** A message of GraphQL's parser without the piece of the document that it quotes. */
export function withoutSource(message: string): string {
  return message
    .replace(/\b(Name|Int|Float|String|BlockString) ".*$/s, '$1.')
    .replace(/^(.*?(?:escape sequence|but got)): .*$/s, '$1.');
}

type Report = (path: readonly (string | number)[], message: string) => void;

/** Everything in a value that no field could take, whichever its type. Not recursive: the client chose the depth. */
function reportDefects(variables: Variables, report: Report): void {
  const waiting: { readonly value: unknown; readonly path: readonly string[] }[] = [
    { value: variables, path: [] },
  ];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { value, path } = next;
    if (typeof value === 'string') {
      const defect = stringDefect(value);
      if (defect !== null) report(path, defect);
    } else if (typeof value === 'object' && value !== null) {
      if (path.length > LIMITS.variableDepth) {
        report(path.slice(0, 1), `A value is nested at most ${LIMITS.variableDepth} deep.`);
        return;
      }
      for (const [key, inner] of Object.entries(value)) waiting.push({ value: inner, path: [...path, key] });
    }
  }
}
