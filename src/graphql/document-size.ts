// The size of a document, counted before it is validated. Fragments are counted each time they are spread, so that a
// small document cannot expand into a large one. Counting stops once a limit is exceeded.
import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  Kind,
  OperationTypeNode,
  type SelectionSetNode,
} from 'graphql';
import { LIMITS, REQUEST_LIMITS } from './limits.ts';

export interface DocumentSize {
  tokens: number;
  lines: number;
  fields: number;
  fragments: number;
  aliases: number;
  directives: number;
  /** The names of the mutations, repeated ones included. */
  mutations: string[];
  /** The number of mutations in the operation that has the most. */
  mutationsInOperation: number;
  comparisons: number;
  depth: number;
}

/** Counts every operation and every unused fragment, not only what will run, because validation visits them all. */
export function sizeOf(document: DocumentNode): DocumentSize {
  return new Count(document).size;
}

export function linesOf(text: string): number {
  return text.split(/\r\n|[\n\r]/).length;
}

/** A selection set and the fragments around it. Another rule reports a fragment that spreads itself. */
interface Place {
  readonly set: SelectionSetNode;
  readonly within: readonly string[];
}

interface FoundField {
  readonly field: FieldNode;
  readonly within: readonly string[];
}

type ByName = Map<string, FoundField[]>;

class Count {
  readonly size: DocumentSize = {
    tokens: 0,
    lines: 0,
    fields: 0,
    fragments: 0,
    aliases: 0,
    directives: 0,
    mutations: [],
    mutationsInOperation: 0,
    comparisons: 0,
    depth: 0,
  };
  readonly #fragments = new Map<string, FragmentDefinitionNode>();
  readonly #spread = new Set<string>();

  constructor({ definitions, tokenCount = 0, loc }: DocumentNode) {
    this.size.tokens = tokenCount;
    this.size.lines = linesOf(loc?.source.body ?? '');
    for (const definition of definitions) {
      if (definition.kind === Kind.FRAGMENT_DEFINITION)
        this.#fragments.set(definition.name.value, definition);
    }
    for (const definition of definitions) {
      if (definition.kind !== Kind.OPERATION_DEFINITION) continue;
      const rootFields = this.#level([{ set: definition.selectionSet, within: [] }], 1);
      if (definition.operation !== OperationTypeNode.MUTATION) continue;
      this.size.mutations.push(...rootFields);
      this.size.mutationsInOperation = Math.max(this.size.mutationsInOperation, rootFields.length);
    }
    for (const [name, { selectionSet }] of this.#fragments) {
      if (!this.#spread.has(name)) this.#level([{ set: selectionSet, within: [name] }], 1);
    }
  }

  /** Counts what is selected at one response path and below it. @returns the names of the fields at that path. */
  #level(geoip: readonly Place[], depth: number): string[] {
    const byName: ByName = new Map();
    for (const place of geoip) this.#collect(place, byName);
    if (byName.size > 0) this.size.depth = Math.max(this.size.depth, depth);
    for (const found of byName.values()) {
      const compared = found.filter(({ field }) => field.selectionSet || field.arguments?.length).length;
      this.size.comparisons += (compared * (compared - 1)) / 2;
      const below = found.flatMap(({ field: { selectionSet: set }, within }) =>
        set === undefined ? [] : { set, within },
      );
      if (below.length > 0) this.#level(below, depth + 1);
    }
    return [...byName.values()].flat().map(({ field }) => field.name.value);
  }

  #collect({ set, within }: Place, byName: ByName): void {
    const { size } = this;
    for (const selection of set.selections) {
      if (size.fields > REQUEST_LIMITS.fields || size.fragments > REQUEST_LIMITS.fragments) return;
      size.directives += selection.directives?.length ?? 0;
      if (selection.kind === Kind.FIELD) {
        size.fields += 1;
        if (selection.alias !== undefined) size.aliases += 1;
        const name = selection.alias?.value ?? selection.name.value;
        const others = byName.get(name) ?? [];
        others.push({ field: selection, within });
        byName.set(name, others);
        continue;
      }
      size.fragments += 1;
      if (selection.kind === Kind.INLINE_FRAGMENT) {
        this.#collect({ set: selection.selectionSet, within }, byName);
        continue;
      }
      const name = selection.name.value;
      const fragment = this.#fragments.get(name);
      this.#spread.add(name);
      if (fragment !== undefined && !within.includes(name))
        this.#collect({ set: fragment.selectionSet, within: [...within, name] }, byName);
    }
  }
}

/** Checks the limits that apply to each operation and not to the whole request. @returns the error message, or null. */
export function excessOfOne(size: DocumentSize): string | null {
  if (size.depth > LIMITS.depth) return `The operation nests fields more than ${LIMITS.depth} levels deep.`;
  if (size.mutationsInOperation > LIMITS.mutationsInOperation)
    return `The operation has more than ${LIMITS.mutationsInOperation} mutations. Split it.`;
  return null;
}
