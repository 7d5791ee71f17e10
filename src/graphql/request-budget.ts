// What one request has asked for so far, in everything that it brings. Whoever reads a document of a client's, wherever
// it stood, takes it from the budget of the request, so that many small ones cost no more than one large one.
import { type DocumentNode, GraphQLError, type GraphQLSchema, parse } from 'graphql';
import { type DocumentSize, excessOfOne, linesOf, sizeOf } from './document-size.ts';
import { introspectionSize } from './introspection-size.ts';
import { type Counted, REQUEST_LIMITS, WORTH } from './limits.ts';

const budgets = new WeakMap<object, RequestBudget>();
/** Documents are remembered, and asked for again. */
const sizes = new WeakMap<DocumentNode, DocumentSize>();
const introspections = new WeakMap<DocumentNode, number>();

export class RequestBudget {
  readonly #spent = new Map<Counted, number>();

  /** That of this very request: a batch has one. */
  static of(request: object): RequestBudget {
    const budget = budgets.get(request) ?? new RequestBudget();
    budgets.set(request, budget);
    return budget;
  }

  /** @throws a GraphQLError when it is not GraphQL, or more of it than is left. */
  parse(text: string): DocumentNode {
    if (linesOf(text) > this.#left('lines')) throw excessOf('lines');
    try {
      return parse(text, { maxTokens: this.#left('tokens') });
    } catch (error) {
      if (!(error instanceof GraphQLError)) throw error;
      if (error.message.includes('tokens. Parsing aborted')) throw excessOf('tokens');
      // How many tokens it had up to the mistake, the parser does not say. At most as many as characters.
      const [position = 0] = error.positions ?? [];
      this.#spend({ tokens: Math.min(position, this.#left('tokens')) });
      throw error;
    }
  }

  /**
   * Takes a parsed document from the budget.
   *
   * @param schema on which it will be executed; null for one that will not be.
   * @returns what is wrong when there is not enough left.
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

  /** All of it or nothing: what is refused is not worked on. */
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

/** As clients are told. */
const WORDS: Readonly<Record<Counted, string>> = {
  tokens: 'tokens',
  lines: 'lines',
  fields: 'fields',
  fragments: 'fragments',
  aliases: 'aliases',
  directives: 'directives',
  mutations: 'mutations',
  comparisons: 'pairs of fields with one name',
  introspection: 'fields of introspection',
};

function excessOf(what: Counted): GraphQLError {
  return limitExceeded(
    `A request has at most ${REQUEST_LIMITS[what]} ${WORDS[what]}, in all its documents together. Ask for less at a time.`,
  );
}

function limitExceeded(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'LIMIT_EXCEEDED' } });
}
