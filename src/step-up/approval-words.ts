// Describes an operation in words that its user sees before approving it. If the schema is known, they come from its
// author: `@stepUp(describe: "Pay {amount} to {recipient}")`. Otherwise they are the names of the operation's fields,
// never operation names or aliases, which a client can choose. Values are truncated and cleaned, so that none of them
// can pass for the author's words.
import {
  type ArgumentNode,
  type DocumentNode,
  type FieldNode,
  type GraphQLSchema,
  getOperationAST,
  Kind,
  type ObjectValueNode,
  type SelectionSetNode,
  type ValueNode,
  valueFromASTUntyped,
} from 'graphql';
import type { Guard } from './guard.ts';
import { guardedFields } from './operation.ts';

export interface OperationToDescribe {
  readonly document: DocumentNode;
  readonly operationName?: string | null | undefined;
  readonly variables?: Readonly<Record<string, unknown>> | null | undefined;
}

const LONGEST_VALUE = 40;
const LONGEST_WORDS = 200;
/** Characters or members of a value after this many are never shown, so they are not read. */
const MOST_READ = 400;

/** @param schema null when the operation is for another server, whose schema is not known here. */
export function approvalWords(schema: GraphQLSchema | null, operation: OperationToDescribe): string {
  const described = schema === null ? [] : describedFields(schema, operation);
  const words = described.length > 0 ? described : [...new Set(rootFields(operation))];
  return cut(words.join('; '), LONGEST_WORDS);
}

function describedFields(schema: GraphQLSchema, operation: OperationToDescribe): string[] {
  const { document, operationName, variables } = operation;
  const values = variableValues(operation);
  const fields = guardedFields({ schema, document, operationName, variableValues: variables });
  const words = fields.flatMap(({ node, guards }) => {
    return describesIn(guards).map((describe) => fill(describe, argumentsOf(node, values)));
  });
  return [...new Set(words)];
}

function describesIn(guards: readonly Guard[]): string[] {
  return guards.flatMap((guard) => (guard.directive === 'stepUp' ? (guard.requirement.describe ?? []) : []));
}

/** Replaces `{amount}`, or `{input.amount}` for a member of an argument. */
function fill(describe: string, values: unknown): string {
  return describe.replaceAll(/\{([\w.]+)\}/g, (_all, path: string) =>
    shown(memberAt(values, path.split('.'))),
  );
}

function memberAt(value: unknown, [name, ...rest]: readonly string[]): unknown {
  if (name === undefined) return value;
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return memberAt((value as Readonly<Record<string, unknown>>)[name], rest);
}

/** Strings are quoted, so that no value can pass for the author's words. */
function shown(value: unknown): string {
  if (value === undefined || value === null) return '-';
  if (typeof value === 'string') return `"${cut(clean(beginning(value)), LONGEST_VALUE)}"`;
  return cut(clean(JSON.stringify(value, beginningOnly())), LONGEST_VALUE);
}

function beginning(text: string): string {
  return text.length <= MOST_READ ? text : `${text.slice(0, MOST_READ)} ...`;
}

/** A value may use one variable a thousand times, and so expand to far more than the size of the request. */
function beginningOnly(): (key: string, value: unknown) => unknown {
  let left = MOST_READ;
  return (_key, value) => {
    left -= 1;
    if (left < 0) return null;
    if (typeof value === 'string') return beginning(value);
    return Array.isArray(value) ? value.slice(0, MOST_READ) : value;
  };
}

/** Removes quotes, line breaks, control and invisible characters, and marks that change the text direction. */
function clean(text: string): string {
  return text
    .replaceAll(/[\p{C}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .replaceAll(/["“”„«»]/g, "'")
    .trim();
}

function cut(text: string, longest: number): string {
  const characters = [...text];
  return characters.length <= longest ? text : `${characters.slice(0, longest - 3).join('')}...`;
}

/** The variables as they were sent, with the defaults of the operation. */
function variableValues({
  document,
  operationName,
  variables,
}: OperationToDescribe): Record<string, unknown> {
  const definitions = getOperationAST(document, operationName)?.variableDefinitions ?? [];
  return Object.fromEntries(
    definitions.flatMap(({ variable, defaultValue }) => {
      const name = variable.name.value;
      if (variables != null && Object.hasOwn(variables, name)) return [[name, variables[name]]];
      return defaultValue === undefined ? [] : [[name, valueFromASTUntyped(defaultValue)]];
    }),
  );
}

function argumentsOf({ arguments: given = [] }: FieldNode, values: Record<string, unknown>): unknown {
  const asObject = { kind: Kind.OBJECT, fields: given.map(asMember) } as ObjectValueNode;
  return valueFromASTUntyped(asObject, values);
}

function asMember({ name, value }: ArgumentNode): {
  kind: Kind.OBJECT_FIELD;
  name: typeof name;
  value: ValueNode;
} {
  return { kind: Kind.OBJECT_FIELD, name, value };
}

function rootFields({ document, operationName }: OperationToDescribe): string[] {
  const operation = getOperationAST(document, operationName);
  const spread = new Set<string>();
  const namesIn = ({ selections }: SelectionSetNode): string[] =>
    selections.flatMap((selection) => {
      if (selection.kind === Kind.FIELD) return [selection.name.value];
      if (selection.kind === Kind.INLINE_FRAGMENT) return namesIn(selection.selectionSet);
      const name = selection.name.value;
      const fragment = document.definitions.find(
        (one) => one.kind === Kind.FRAGMENT_DEFINITION && one.name.value === name,
      );
      if (fragment?.kind !== Kind.FRAGMENT_DEFINITION || spread.has(name)) return [];
      spread.add(name);
      return namesIn(fragment.selectionSet);
    });
  return operation ? namesIn(operation.selectionSet) : [];
}
