// What one request has asked for so far. Every document that a client sends, wherever it appears in the request, counts
// against the same budget, so that many small documents cannot cost more than one large one.
import { type DocumentNode, GraphQLError, type GraphQLSchema, parse } from 'graphql';
import { type DocumentSize, excessOfOne, linesOf, sizeOf } from './document-size.ts';
import { introspectionSize } from './introspection-size.ts';
import { type Counted, REQUEST_LIMITS, WORTH } from './limits.ts';

/** Parsed documents are cached and come back, so their sizes are kept. */
const sizes = new WeakMap<DocumentNode, DocumentSize>();
const introspections = new WeakMap<DocumentNode, number>();

export class RequestBudget {
  readonly #spent = new Map<Counted, number>();

  /** @throws a GraphQLError if the text is not valid GraphQL or exceeds the remaining budget. */
  parse(text: string): DocumentNode {
    if (linesOf(text) > this.#left('lines')) throw excessOf('lines');
    try {
      return parse(text, { maxTokens: this.#left('tokens') });
    } catch (error) {
      if (!(error instanceof GraphQLError)) throw error;
      if (error.message.includes('tokens. Parsing aborted')) throw excessOf('tokens');
      // The parser does not say how many tokens precede the error. There are at most as many as characters.
      const [position = 0] = error.positions ?? [];
      this.#spend({ tokens: Math.min(position, this.#left('tokens')) });
      throw error;
    }
  }

  /**
   * Deducts a parsed document from the budget.
   *
   * @param schema the schema that will execute it, or null if it will not be executed.
   * @returns an error if the document exceeds the budget.
   */
  take(document: DocumentNode, schema: GraphQLSchema | null): GraphQLError | null {
    const size = sizes.get(document) ?? sizeOf(document);
    sizes.set(document, size);
    const excess = excessOfOne(size);
    if (excess !== null) return limitExceeded(excess);
    const { depth: _depth, mutationsInOperation: _most, mutations: names, ...sums } = size;
    const beyond = this.#takeAll(sums);
    if (beyond !== null || schema === null) return beyond;
    const introspection = introspections.get(document) ?? introspectionSize(schema, document);
    introspections.set(document, introspection);
    return this.#takeAll({ introspection, mutations: mutationsWorth(schema, names) });
  }

  /** Deducts all amounts or none: a refused document causes no further work. */
  #takeAll(amounts: Partial<Record<Counted, number>>): GraphQLError | null {
    for (const [what, amount] of Object.entries(amounts) as [Counted, number][]) {
      if (amount > this.#left(what)) return excessOf(what);
    }
    this.#spend(amounts);
    return null;
  }

  #spend(amounts: Partial<Record<Counted, number>>): void {
    for (const [what, amount] of Object.entries(amounts) as [Counted, number][])
      this.#spent.set(what, (this.#spent.get(what) ?? 0) + amount);
  }

  #left(what: Counted): number {
    return REQUEST_LIMITS[what] - (this.#spent.get(what) ?? 0);
  }
}

function mutationsWorth(schema: GraphQLSchema, names: readonly string[]): number {
  const fields = schema.getMutationType()?.getFields() ?? {};
  return names.reduce((sum, name) => sum + Number(fields[name]?.extensions[WORTH] ?? 1), 0);
}

/** The names used in error messages. */
const WORDS: Readonly<Record<Counted, string>> = {
  tokens: 'tokens',
  lines: 'lines',
  fields: 'fields',
  fragments: 'fragments',
  aliases: 'aliases',
  directives: 'directives',
  mutations: 'mutations',
  comparisons: 'pairs of fields with the same name',
  introspection: 'introspection fields',
};

function excessOf(what: Counted): GraphQLError {
  return limitExceeded(
    `The request has more than ${REQUEST_LIMITS[what]} ${WORDS[what]} across all its documents. Split it into smaller requests.`,
  );
}

function limitExceeded(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'LIMIT_EXCEEDED' } });
}
