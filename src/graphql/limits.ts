// What one document may ask for. Fragments are counted where they are spread, so a small document cannot unfold into
// a large one.
import {
  type DocumentNode,
  type FragmentDefinitionNode,
  GraphQLError,
  Kind,
  OperationTypeNode,
  type SelectionSetNode,
} from 'graphql';

export const LIMITS = {
  /** Bytes of a request's body, a batch included. */
  bodyBytes: 100_000,
  /** Operations in one request. */
  batch: 10,
  /** Tokens of one document. */
  tokens: 3000,
  /** Fields one below the other. */
  depth: 20,
  /** Fields in all: the cost of an operation. Introspection asks for some 250; validation's own cost is the square. */
  fields: 500,
  /** Fields under another name than their own. */
  aliases: 30,
  directives: 50,
  /** Mutations in one operation: each may cost a hash. */
  mutations: 5,
  /** Characters of one string. */
  stringLength: 20_000,
  /** Objects and lists of a variable, one inside the other. */
  variableDepth: 20,
  /** Mistakes that one operation is told about: a small body must not get a large answer. */
  mistakes: 20,
} as const;

interface Cost {
  readonly depth: number;
  readonly fields: number;
  readonly aliases: number;
  readonly directives: number;
  /** Fields at the top. */
  readonly width: number;
}

const FREE: Cost = { depth: 0, fields: 0, aliases: 0, directives: 0, width: 0 };

/**
 * What a document asks for beyond the limits. Found by itself and first: the rules of GraphQL compare fields with each
 * other, and would spend long on a document that is refused anyway.
 */
export function limitErrors(document: DocumentNode): GraphQLError[] {
  const costOf = costs(document);
  return document.definitions.flatMap((operation) => {
    if (operation.kind !== Kind.OPERATION_DEFINITION) return [];
    const cost = costOf(operation.selectionSet);
    const isMutation = operation.operation === OperationTypeNode.MUTATION;
    return [
      over('depth', cost.depth, LIMITS.depth),
      over('number of fields', cost.fields, LIMITS.fields),
      over('number of aliases', cost.aliases, LIMITS.aliases),
      over('number of directives', cost.directives, LIMITS.directives),
      isMutation ? over('number of mutations', cost.width, LIMITS.mutations) : null,
    ].flatMap((message) =>
      message === null
        ? []
        : [new GraphQLError(message, { nodes: [operation], extensions: { code: 'LIMIT_EXCEEDED' } })],
    );
  });
}

function over(what: string, actual: number, most: number): string | null {
  return actual > most ? `The ${what} of this operation is more than ${most}. Ask for less at a time.` : null;
}

function costs(document: DocumentNode): (set: SelectionSetNode) => Cost {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  }
  const known = new Map<SelectionSetNode, Cost>();
  const costOf = (set: SelectionSetNode): Cost => {
    const before = known.get(set);
    if (before !== undefined) return before;
    known.set(set, FREE); // a fragment that spreads itself is another rule's to report
    const cost = set.selections.map((selection): Cost => {
      const directives = selection.directives?.length ?? 0;
      if (selection.kind === Kind.FIELD) {
        const inner = selection.selectionSet === undefined ? FREE : costOf(selection.selectionSet);
        return {
          depth: inner.depth + 1,
          fields: inner.fields + 1,
          aliases: inner.aliases + (selection.alias === undefined ? 0 : 1),
          directives: inner.directives + directives,
          width: 1,
        };
      }
      const fragment =
        selection.kind === Kind.INLINE_FRAGMENT ? selection : fragments.get(selection.name.value);
      const inner = fragment === undefined ? FREE : costOf(fragment.selectionSet);
      return { ...inner, directives: inner.directives + directives };
    });
    const total = cost.reduce(together, FREE);
    known.set(set, total);
    return total;
  };
  return costOf;
}

function together(one: Cost, other: Cost): Cost {
  return {
    depth: Math.max(one.depth, other.depth),
    fields: one.fields + other.fields,
    aliases: one.aliases + other.aliases,
    directives: one.directives + other.directives,
    width: one.width + other.width,
  };
}
