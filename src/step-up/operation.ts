// The guards that an operation will meet, found before any of its fields has run: through aliases, fragments,
// `@skip` and `@include`. Where a type is known only at run time, every type that it could be counts.
import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  GraphQLIncludeDirective,
  type GraphQLObjectType,
  type GraphQLSchema,
  GraphQLSkipDirective,
  getDirectiveValues,
  getNamedType,
  getVariableValues,
  isAbstractType,
  isCompositeType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
  typeFromAST,
} from 'graphql';
import { type Guard, guardsOf } from './guard.ts';

/** A field of an operation that is guarded. */
export interface GuardedField {
  /** Response names from the root. */
  readonly path: readonly string[];
  readonly guards: readonly Guard[];
}

type Variables = Readonly<Record<string, unknown>>;

export function guardedFields(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Variables,
): GuardedField[] {
  const root = schema.getRootType(operation.operation);
  if (!root) return [];
  // Defaults count. Variables that do not fit are execution's to refuse; until then every field counts.
  const { coerced } = getVariableValues(schema, operation.variableDefinitions ?? [], variables);
  const walk = new Walk(schema, document, coerced ?? {});
  walk.selections(operation.selectionSet, root, []);
  return walk.found;
}

class Walk {
  readonly found: GuardedField[] = [];
  readonly #schema: GraphQLSchema;
  readonly #fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly #variables: Variables;
  /** Each selection set is walked once for each type, however often its fragment is spread. */
  readonly #walked = new Map<SelectionSetNode, Set<GraphQLCompositeType>>();

  constructor(schema: GraphQLSchema, document: DocumentNode, variables: Variables) {
    this.#schema = schema;
    this.#variables = variables;
    this.#fragments = new Map(
      document.definitions.flatMap((one) =>
        one.kind === Kind.FRAGMENT_DEFINITION ? [[one.name.value, one] as const] : [],
      ),
    );
  }

  selections(set: SelectionSetNode, type: GraphQLCompositeType, path: readonly string[]): void {
    const walkedAs = this.#walked.get(set) ?? new Set();
    if (walkedAs.has(type)) return;
    this.#walked.set(set, walkedAs.add(type));
    for (const selection of set.selections) {
      if (!this.#isIncluded(selection)) continue;
      if (selection.kind === Kind.FIELD) {
        for (const owner of this.#concrete(type)) this.#field(selection, owner, path);
      } else {
        const fragment =
          selection.kind === Kind.FRAGMENT_SPREAD ? this.#fragments.get(selection.name.value) : selection;
        if (fragment === undefined) continue;
        const condition = fragment.typeCondition && typeFromAST(this.#schema, fragment.typeCondition);
        this.selections(fragment.selectionSet, isCompositeType(condition) ? condition : type, path);
      }
    }
  }

  #field(node: FieldNode, owner: GraphQLObjectType, path: readonly string[]): void {
    const field = owner.getFields()[node.name.value];
    if (field === undefined) return;
    const at = [...path, node.alias?.value ?? node.name.value];
    const guards = guardsOf(owner, field.name);
    if (guards.length > 0) this.found.push({ path: at, guards });
    const inner = getNamedType(field.type);
    if (node.selectionSet !== undefined && isCompositeType(inner))
      this.selections(node.selectionSet, inner, at);
  }

  #concrete(type: GraphQLCompositeType): readonly GraphQLObjectType[] {
    if (isObjectType(type)) return [type];
    return isAbstractType(type) ? this.#schema.getPossibleTypes(type) : [];
  }

  /** In doubt (a variable of a wrong type, which execution will refuse) the selection counts. */
  #isIncluded(selection: SelectionNode): boolean {
    try {
      const skip = getDirectiveValues(GraphQLSkipDirective, selection, this.#variables);
      const include = getDirectiveValues(GraphQLIncludeDirective, selection, this.#variables);
      return skip?.['if'] !== true && include?.['if'] !== false;
    } catch {
      return true;
    }
  }
}
