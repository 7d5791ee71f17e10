// Which fields of an operation its caller may not use, and the document without them.
import {
  type DocumentNode,
  type FieldNode,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isInterfaceType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';
import type { Decisions } from '../decisions.ts';
import type { GuardedField } from '../operation.ts';
import type { RefusalError } from '../refusal-error.ts';

/** The refusal of each field, by type and field. */
export type RefusedFields = ReadonlyMap<string, RefusalError>;

export const coordinate = (type: GraphQLObjectType, field: string): string => `${type.name}.${field}`;

export function refusedFields(fields: readonly GuardedField[], decisions: Decisions): RefusedFields {
  const refused = new Map<string, RefusalError>();
  for (const { owner, node, guards } of fields) {
    const refusal = decisions.refusal(guards);
    if (refusal !== null) refused.set(coordinate(owner, node.name.value), refusal);
  }
  return refused;
}

/** The response name of `__typename` in places where a type is known only at run time. Clients cannot use it. */
export const TYPE_NAME = '__stepgateTypeName';

const typeName: FieldNode = {
  kind: Kind.FIELD,
  name: { kind: Kind.NAME, value: '__typename' },
  alias: { kind: Kind.NAME, value: TYPE_NAME },
};

/** The operation without the refused fields, so that nothing plans, reads or writes them. */
export function withoutRefused(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  refused: RefusedFields,
): DocumentNode {
  const prune = new Pruning(schema, refused);
  return {
    ...document,
    definitions: document.definitions.flatMap((one) => {
      const root = schema.getRootType(operation.operation);
      if (one === operation && root) return { ...one, selectionSet: prune.set(one.selectionSet, root.name) };
      if (one.kind !== Kind.FRAGMENT_DEFINITION) return [];
      return { ...one, selectionSet: prune.set(one.selectionSet, one.typeCondition.name.value) };
    }),
  };
}

class Pruning {
  readonly #schema: GraphQLSchema;
  readonly #refused: RefusedFields;

  constructor(schema: GraphQLSchema, refused: RefusedFields) {
    this.#schema = schema;
    this.#refused = refused;
  }

  set(set: SelectionSetNode, type: string): SelectionSetNode {
    const kept = set.selections.flatMap((one) => this.#selection(one, type));
    const isAbstract = isAbstractType(this.#schema.getType(type));
    return { ...set, selections: isAbstract || kept.length === 0 ? [...kept, typeName] : kept };
  }

  #selection(selection: SelectionNode, type: string): SelectionNode[] {
    switch (selection.kind) {
      case Kind.FIELD:
        return this.#field(selection, type);
      case Kind.FRAGMENT_SPREAD:
        return [whole(selection)];
      case Kind.INLINE_FRAGMENT: {
        const within = selection.typeCondition?.name.value ?? type;
        return [whole({ ...selection, selectionSet: this.set(selection.selectionSet, within) })];
      }
    }
  }

  #field(node: FieldNode, typeName: string): SelectionNode[] {
    if (node.alias?.value === TYPE_NAME) return [];
    const type = this.#schema.getType(typeName);
    const field = isObjectType(type) || isInterfaceType(type) ? type.getFields()[node.name.value] : undefined;
    if (field === undefined) return [node]; // `__typename` and introspection
    const { selectionSet } = node;
    const kept = whole(
      selectionSet === undefined
        ? node
        : { ...node, selectionSet: this.set(selectionSet, getNamedType(field.type).name) },
    );
    const types = isAbstractType(type) ? this.#schema.getPossibleTypes(type) : [type as GraphQLObjectType];
    const open = types.filter((one) => !this.#refused.has(coordinate(one, node.name.value)));
    if (open.length === types.length) return [kept];
    if (isObjectType(type)) return [];
    return open.map((one) => ({
      kind: Kind.INLINE_FRAGMENT,
      typeCondition: { kind: Kind.NAMED_TYPE, name: { kind: Kind.NAME, value: one.name } },
      selectionSet: { kind: Kind.SELECTION_SET, selections: [kept] },
    }));
  }
}

/** Results in parts would have to be completed part by part, so there is one. */
function whole<Node extends SelectionNode>(node: Node): Node {
  const directives = node.directives?.filter(({ name }) => !['defer', 'stream'].includes(name.value));
  return directives === undefined ? node : { ...node, directives };
}
