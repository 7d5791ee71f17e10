// The number of fields in the answer to a document's introspection. The schema is known, so its lists are walked and
// counted exactly instead of estimated. Counting stops once the limit is exceeded.
import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isObjectType,
  Kind,
  SchemaMetaFieldDef,
  type SelectionSetNode,
} from 'graphql';
import { REQUEST_LIMITS } from './limits.ts';

export function introspectionSize(schema: GraphQLSchema, document: DocumentNode): number {
  const count = new Count(schema, document);
  for (const definition of document.definitions) {
    if (definition.kind === Kind.OPERATION_DEFINITION) count.root(definition.selectionSet, []);
  }
  return count.fields;
}

const ALL_OF_THEM = { includeDeprecated: true };

class Count {
  fields = 0;
  readonly #schema: GraphQLSchema;
  readonly #fragments = new Map<string, FragmentDefinitionNode>();

  constructor(schema: GraphQLSchema, { definitions }: DocumentNode) {
    this.#schema = schema;
    for (const definition of definitions) {
      if (definition.kind === Kind.FRAGMENT_DEFINITION)
        this.#fragments.set(definition.name.value, definition);
    }
  }

  root(set: SelectionSetNode, within: readonly string[]): void {
    this.#eachField(set, within, (field, around) => {
      const { selectionSet: below } = field;
      if (below === undefined) return;
      if (field.name.value === '__schema')
        this.#below(below, around, getNamedType(SchemaMetaFieldDef.type), [this.#schema]);
      if (field.name.value === '__type')
        this.#below(below, around, this.#schema.getType('__Type'), this.#typesNamedBy(field));
    });
  }

  /** The type named in the argument, or every type if the name is a variable. */
  #typesNamedBy({ arguments: given = [] }: FieldNode): unknown[] {
    const value = given.find((one) => one.name.value === 'name')?.value;
    if (value?.kind !== Kind.STRING) return Object.values(this.#schema.getTypeMap());
    return [this.#schema.getType(value.value)].filter((type) => type != null);
  }

  /** @param sources the values found at this place, all of the same introspection type. */
  #below(set: SelectionSetNode, within: readonly string[], type: unknown, sources: readonly unknown[]): void {
    if (!isObjectType(type) || sources.length === 0) return;
    this.#eachField(set, within, (field, around) => {
      this.fields += sources.length;
      const { selectionSet: below } = field;
      if (below === undefined || this.#isTooMuch) return;
      this.#below(below, around, ...this.#follow(type, field, sources));
    });
  }

  #follow(type: GraphQLObjectType, { name }: FieldNode, sources: readonly unknown[]): [unknown, unknown[]] {
    const definition = type.getFields()[name.value];
    if (definition?.resolve === undefined) return [undefined, []];
    const { resolve } = definition;
    const info = { schema: this.#schema } as Parameters<typeof resolve>[3];
    const found: unknown[] = sources.flatMap((source) => resolve(source, ALL_OF_THEM, {}, info));
    return [getNamedType(definition.type), found.filter((one) => one != null)];
  }

  #eachField(
    set: SelectionSetNode,
    within: readonly string[],
    visit: (field: FieldNode, within: readonly string[]) => void,
  ): void {
    for (const selection of set.selections) {
      if (this.#isTooMuch) return;
      if (selection.kind === Kind.FIELD) visit(selection, within);
      else if (selection.kind === Kind.INLINE_FRAGMENT)
        this.#eachField(selection.selectionSet, within, visit);
      else {
        const name = selection.name.value;
        const fragment = this.#fragments.get(name);
        if (fragment !== undefined && !within.includes(name))
          this.#eachField(fragment.selectionSet, [...within, name], visit);
      }
    }
  }

  get #isTooMuch(): boolean {
    return this.fields > REQUEST_LIMITS.introspection;
  }
}
