// How much a request may ask for. Counts cover everything in one request: its document, the documents of a batch, and
// documents in variables. request-budget.ts does the counting.
//
// Together, the limits keep every request under 50 ms of main-thread time. `npm run bench:dearest` searches for the most
// expensive request, and test/server/dearest-request.test.ts checks it.

export const LIMITS = {
  /** Bytes in the request body, including batches. */
  bodyBytes: 100_000,
  /** Operations in one batch. */
  batch: 10,
  /** Levels of nested fields. */
  depth: 20,
  /** Mutations in one operation. Each may compute a password hash. */
  mutationsInOperation: 5,
  /** Characters in one string. */
  stringLength: 20_000,
  /** Levels of nested objects and lists in a variable. */
  variableDepth: 20,
  /** Characters of an operation that a proof is bound to, with its variables. They are stored. */
  boundOperation: 20_000,
  /** Errors reported for one operation, so that a small request does not get a large answer. */
  mistakes: 20,
} as const;

/** Limits that apply to the whole request. */
export const REQUEST_LIMITS = {
  tokens: 3000,
  /** GraphQL computes the line and column of each error by counting the lines before it. */
  lines: 1000,
  /** The introspection query has about 250. Fragments are counted each time they are spread. */
  fields: 500,
  /** Fragment spreads, including inline fragments. */
  fragments: 500,
  /** Fields with an alias. */
  aliases: 30,
  directives: 50,
  /** An expensive mutation counts as several. */
  mutations: 15,
  /**
   * Pairs of fields with the same response name. Validation compares their arguments and selections; fields with neither
   * cost almost nothing.
   */
  comparisons: 10_000,
  /** Fields in the answer to an introspection query. GraphiQL's has about 7,000. */
  introspection: 20_000,
} as const;

/** The schema extension of a mutation that counts as several. */
export const WORTH = 'mutationsWorth';

/** Setting a password estimates its strength, hashes it and sends a message. */
export const NEW_PASSWORD_WORTH = { [WORTH]: 4 };

/** An export reads a page of what is kept about a user. Two do not fit into a request. */
export const EXPORT_WORTH = { [WORTH]: 8 };

export type Counted = keyof typeof REQUEST_LIMITS;
