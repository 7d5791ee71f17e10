// The fields of a subgraph that read other fields (Apollo Federation 2): by `@requires`, and by `@fromContext` in an
// argument. A gateway fetches what they read without asking its guards again, so their result may reveal it.
import {
  type ConstDirectiveNode,
  type DocumentNode,
  type FieldDefinitionNode,
  type InterfaceTypeDefinitionNode,
  type InterfaceTypeExtensionNode,
  Kind,
  type Location,
  type ObjectTypeDefinitionNode,
  type ObjectTypeExtensionNode,
  parse,
  type SelectionSetNode,
  valueFromASTUntyped,
} from 'graphql';
import { importsOf, linkOf, namespaceOf } from '../guard-names.ts';
import { placeOf, SchemaFileError } from './error.ts';

type TypeNode =
  | ObjectTypeDefinitionNode
  | ObjectTypeExtensionNode
  | InterfaceTypeDefinitionNode
  | InterfaceTypeExtensionNode;

/** A field that reads others. */
export interface DependentField {
  /** `Type.field` */
  readonly field: string;
  /** What it reads. */
  readonly reads: SelectionSetNode;
  /** The types on which `reads` is selected. */
  readonly on: readonly string[];
  /** The directive by which it reads, as a person writes it. */
  readonly by: '@requires' | '@fromContext';
  readonly loc: Location | undefined;
}

/** @throws {SchemaFileError} when a selection cannot be read. */
export function dependentFields(document: DocumentNode): DependentField[] {
  const types = document.definitions.filter(isType);
  const names = federationNames(document);
  const contexts = contextsIn(types, names('context'));
  return types.flatMap((type) =>
    (type.fields ?? []).flatMap((field) => [
      ...requiredBy(type, field, names('requires')),
      ...fromContext(type, field, names('fromContext'), contexts),
    ]),
  );
}

function requiredBy(
  type: TypeNode,
  field: FieldDefinitionNode,
  names: ReadonlySet<string>,
): DependentField[] {
  return directivesIn(field, names).map((directive) => ({
    field: `${type.name.value}.${field.name.value}`,
    reads: selectionIn(textOf(directive, 'fields'), directive),
    on: [type.name.value],
    by: '@requires',
    loc: field.name.loc,
  }));
}

/** `@fromContext(field: "$name { field }")` reads from the types with `@context(name: "name")`. */
function fromContext(
  type: TypeNode,
  field: FieldDefinitionNode,
  names: ReadonlySet<string>,
  contexts: ReadonlyMap<string, readonly string[]>,
): DependentField[] {
  const directives = (field.arguments ?? []).flatMap((argument) => directivesIn(argument, names));
  return directives.map((directive) => {
    const [, name = '', selection = ''] = /^\s*\$(\w+)\s*(.*)$/s.exec(textOf(directive, 'field')) ?? [];
    const on = contexts.get(name);
    if (on === undefined) throw unreadable(directive, `no type has the context "${name}"`);
    const reads = selectionIn(selection.trim().replace(/^\{(.*)\}$/s, '$1'), directive);
    return {
      field: `${type.name.value}.${field.name.value}`,
      reads,
      on,
      by: '@fromContext',
      loc: field.name.loc,
    };
  });
}

function contextsIn(types: readonly TypeNode[], names: ReadonlySet<string>): Map<string, string[]> {
  const contexts = new Map<string, string[]>();
  for (const type of types) {
    for (const directive of directivesIn(type, names)) {
      const name = textOf(directive, 'name');
      contexts.set(name, [...(contexts.get(name) ?? []), type.name.value]);
    }
  }
  return contexts;
}

/** The names under which the document knows a directive of Federation. */
function federationNames({ definitions }: DocumentNode): (name: string) => ReadonlySet<string> {
  const links = definitions.flatMap((one) =>
    one.kind === Kind.SCHEMA_DEFINITION || one.kind === Kind.SCHEMA_EXTENSION
      ? (one.directives ?? []).flatMap(linkOf)
      : [],
  );
  const federation = links.filter(({ url }) => typeof url === 'string' && url.includes('/federation/'));
  // A subgraph without links is one of Federation 1, which knows the directives by their own names.
  return (name) =>
    new Set([
      ...(federation.length === 0 ? [name] : []),
      ...federation.flatMap((link) => [
        `${namespaceOf(link)}__${name}`,
        ...importsOf(link).flatMap((imported) => (imported.name === name ? imported.as : [])),
      ]),
    ]);
}

function isType(node: DocumentNode['definitions'][number]): node is TypeNode {
  return (
    node.kind === Kind.OBJECT_TYPE_DEFINITION ||
    node.kind === Kind.OBJECT_TYPE_EXTENSION ||
    node.kind === Kind.INTERFACE_TYPE_DEFINITION ||
    node.kind === Kind.INTERFACE_TYPE_EXTENSION
  );
}

function directivesIn(
  { directives = [] }: { readonly directives?: readonly ConstDirectiveNode[] | undefined },
  names: ReadonlySet<string>,
): ConstDirectiveNode[] {
  return directives.filter((one) => names.has(one.name.value));
}

function textOf(directive: ConstDirectiveNode, name: string): string {
  const argument = directive.arguments?.find((one) => one.name.value === name);
  const value: unknown = argument && valueFromASTUntyped(argument.value);
  if (typeof value !== 'string') throw unreadable(directive, `its ${name} is not a string`);
  return value;
}

function selectionIn(text: string, directive: ConstDirectiveNode): SelectionSetNode {
  try {
    const [definition] = parse(`{ ${text} }`).definitions;
    if (definition?.kind === Kind.OPERATION_DEFINITION) return definition.selectionSet;
  } catch {
    // reported below
  }
  throw unreadable(directive, 'its fields are not a selection');
}

function unreadable({ name, loc }: ConstDirectiveNode, reason: string): SchemaFileError {
  return new SchemaFileError(`${placeOf(loc)}@${name.value} cannot be read: ${reason}.`);
}
