// Errors for invalid input. They say where the input is wrong but never repeat the value, which may be a password in the
// wrong field. GraphQL's own messages print values, so variables are checked here first and messages are shortened.
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

/** Returns the errors in an operation's variables, up to `LIMITS.mistakes`. */
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

/** Thrown to stop GraphQL's coercion, which would otherwise check the rest of the value. */
const ENOUGH = new Error('Found the maximum number of errors.');

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

/** The validation rule that checks strings in the document itself. */
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

/** Checks for text that PostgreSQL cannot store, and for excessive length. @returns the error message, or null. */
export function stringDefect(text: string): string | null {
  const defect = unstorable(text);
  if (defect !== null) return defect;
  if (text.length > LIMITS.stringLength)
    return `The string is too long. The maximum is ${LIMITS.stringLength} characters.`;
  return null;
}

/** Removes the quoted value from a message of GraphQL. */
export function withoutValue(message: string): string {
  return message
    .replace(/^((?:\w+|Enum "\w+") cannot represent [\w -]*?)(?:: .*| value .*)$/s, '$1.')
    .replace(/^Value ".*" does not exist in "(\w+)" enum\b.*$/s, 'The value does not exist in enum "$1".')
    .replace(/^(Expected value of type "[^"]*"), found .*$/s, '$1.')
    .replace(/^(Argument "\w+" has) invalid value .*$/s, '$1 an invalid value.');
}

/** Removes the quoted source text from a message of GraphQL's parser. */
export function withoutSource(message: string): string {
  return message
    .replace(/\b(Name|Int|Float|String|BlockString) ".*$/s, '$1.')
    .replace(/^(.*?(?:escape sequence|but got)): .*$/s, '$1.');
}

type Report = (path: readonly (string | number)[], message: string) => void;

/** Reports values that no type accepts. Not recursive, because the client controls the depth. */
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
        report(path.slice(0, 1), `The value is nested more than ${LIMITS.variableDepth} levels deep.`);
        return;
      }
      for (const [key, inner] of Object.entries(value)) waiting.push({ value: inner, path: [...path, key] });
    }
  }
}
