// Finds the guards of an operation before any of its fields runs, through aliases, fragments, `@skip` and `@include`.
// Where a type is known only at run time, every possible type counts.
import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  getOperationAST,
  isAbstractType,
  isObjectType,
  Kind,
  type NamedTypeNode,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
  type ValueNode,
} from 'graphql';
import { type Guard, guardsOf } from './guard.ts';

/** An operation that is about to run: the arguments of GraphQL's `execute`. */
export interface OperationToRun {
  readonly schema: GraphQLSchema;
  /** The parsed and validated document. */
  readonly document: DocumentNode;
  /** Needed when the document has several operations. */
  readonly operationName?: string | null | undefined;
  /** The variables as the client sent them, without defaults. */
  readonly variableValues?: Readonly<Record<string, unknown>> | null | undefined;
}

/** A guarded field in an operation. */
export interface GuardedField {
  /** The field in the document. */
  readonly node: FieldNode;
  /** The type that has the field. */
  readonly owner: GraphQLObjectType;
  /** The response names from the root to the field, without list indexes. */
  readonly path: readonly string[];
  /** Its guards, in the order in which they are checked. */
  readonly guards: readonly Guard[];
}

/**
 * Every guarded field that an operation may reach. A field of an interface or union appears once for each possible type
 * that guards it. Empty when the document does not contain the operation.
 */
export function guardedFields(run: OperationToRun): GuardedField[] {
  return walked(run)?.found ?? [];
}

/** The fields that a selection asks of a type, by their response names, in the order of the response. */
export type FieldsOf = (
  selections: readonly SelectionSetNode[],
  type: GraphQLObjectType,
) => ReadonlyMap<string, readonly FieldNode[]>;

/** Finds the fields of an operation, without those that its variables leave out. */
export function fieldsOfOperation(run: OperationToRun, operation: OperationDefinitionNode): FieldsOf {
  const walk = new Walk(run, operation);
  return (selections, type) => {
    const found = new Map<string, FieldNode[]>();
    for (const set of selections) walk.collect(set, type, found);
    return found;
  };
}

/** The response names of the operation's root fields. */
export function rootFields(run: OperationToRun): string[] {
  return [...(walked(run)?.roots ?? [])];
}

function walked(run: OperationToRun): Walk | null {
  const operation = getOperationAST(run.document, run.operationName);
  const root = operation && run.schema.getRootType(operation.operation);
  if (!root) return null;
  const walk = new Walk(run, operation);
  walk.selections(operation.selectionSet, root, []);
  return walk;
}

class Walk {
  readonly found: GuardedField[] = [];
  readonly roots = new Set<string>();
  readonly #schema: GraphQLSchema;
  readonly #fragments = new Map<string, FragmentDefinitionNode>();
  readonly #variables = new Map<string, unknown>();
  /** Each selection set is visited once for each type, however often its fragment is spread. */
  readonly #walked = new Map<SelectionSetNode, Set<GraphQLObjectType>>();

  constructor({ schema, document, variableValues }: OperationToRun, operation: OperationDefinitionNode) {
    this.#schema = schema;
    for (const definition of document.definitions) {
      if (definition.kind === Kind.FRAGMENT_DEFINITION)
        this.#fragments.set(definition.name.value, definition);
    }
    for (const { variable, defaultValue } of operation.variableDefinitions ?? []) {
      const name = variable.name.value;
      const isGiven = variableValues != null && Object.hasOwn(variableValues, name);
      this.#variables.set(name, isGiven ? variableValues[name] : this.#truth(defaultValue));
    }
  }

  selections(set: SelectionSetNode, type: GraphQLObjectType, path: readonly string[]): void {
    const walkedAs = this.#walked.get(set) ?? new Set();
    if (walkedAs.has(type)) return;
    this.#walked.set(set, walkedAs.add(type));
    for (const selection of set.selections) {
      if (!this.#isIncluded(selection)) continue;
      if (selection.kind === Kind.FIELD) {
        this.#field(selection, type, path);
      } else {
        const fragment = this.#fragmentOf(selection);
        if (fragment !== undefined && this.#applies(fragment.typeCondition, type)) {
          this.selections(fragment.selectionSet, type, path);
        }
      }
    }
  }

  /** Without the fields below them. */
  collect(set: SelectionSetNode, type: GraphQLObjectType, found: Map<string, FieldNode[]>): void {
    for (const selection of set.selections) {
      if (!this.#isIncluded(selection)) continue;
      if (selection.kind === Kind.FIELD) {
        const key = selection.alias?.value ?? selection.name.value;
        found.set(key, [...(found.get(key) ?? []), selection]);
      } else {
        const fragment = this.#fragmentOf(selection);
        if (fragment !== undefined && this.#applies(fragment.typeCondition, type))
          this.collect(fragment.selectionSet, type, found);
      }
    }
  }

  #fragmentOf(selection: Exclude<SelectionNode, FieldNode>) {
    return selection.kind === Kind.FRAGMENT_SPREAD ? this.#fragments.get(selection.name.value) : selection;
  }

  #field(node: FieldNode, owner: GraphQLObjectType, parentPath: readonly string[]): void {
    const path = [...parentPath, node.alias?.value ?? node.name.value];
    if (parentPath.length === 0) this.roots.add(path[0] ?? '');
    const field = owner.getFields()[node.name.value];
    if (field === undefined) return; // `__typename`
    const guards = guardsOf(owner, field.name);
    if (guards.length > 0) this.found.push({ node, owner, path, guards });
    if (node.selectionSet === undefined) return;
    const inner = getNamedType(field.type);
    const types = isAbstractType(inner) ? this.#schema.getPossibleTypes(inner) : [inner];
    for (const type of types) if (isObjectType(type)) this.selections(node.selectionSet, type, path);
  }

  #applies(condition: NamedTypeNode | undefined, type: GraphQLObjectType): boolean {
    if (condition === undefined || condition.name.value === type.name) return true;
    const named = this.#schema.getType(condition.name.value);
    return isAbstractType(named) && this.#schema.isSubType(named, type);
  }

  /** A selection counts if its condition is not a boolean. Execution rejects such a variable later. */
  #isIncluded({ directives = [] }: SelectionNode): boolean {
    return directives.every((directive) => {
      const condition = this.#truth(directive.arguments?.find((one) => one.name.value === 'if')?.value);
      const { value: name } = directive.name;
      return !(name === 'skip' && condition === true) && !(name === 'include' && condition === false);
    });
  }

  #truth(value: ValueNode | undefined): unknown {
    if (value?.kind === Kind.VARIABLE) return this.#variables.get(value.name.value);
    return value?.kind === Kind.BOOLEAN ? value.value : undefined;
  }
}
