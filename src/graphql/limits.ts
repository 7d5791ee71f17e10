// How much a request may ask for. What is counted is counted over everything that one request brings: its document, the
// documents of a batch, and those that stand in variables. request-budget.ts does the counting.
//
// Together the limits keep every request below 50 ms of the main thread; `npm run bench:dearest` searches for the
// dearest one, and test/server/dearest-request.test.ts holds it.

export const LIMITS = {
  /** Bytes of a request's body, a batch included. */
  bodyBytes: 100_000,
  /** Operations in one request. */
  batch: 10,
  /** Fields one below the other. */
  depth: 20,
  /** Mutations in one operation: each may cost a hash. */
  mutationsInOperation: 5,
  /** Characters of one string. */
  stringLength: 20_000,
  /** Objects and lists of a variable, one inside the other. */
  variableDepth: 20,
  /** Mistakes that one operation is told about: a small body must not get a large answer. */
  mistakes: 20,
} as const;

/** What is counted over the whole request, and how much of it there may be. */
export const REQUEST_LIMITS = {
  tokens: 3000,
  /** To tell the line and column of a mistake, GraphQL counts the lines before it, for each mistake anew. */
  lines: 1000,
  /** Introspection asks for some 250. Fragments are counted where they are spread. */
  fields: 500,
  /** Fragments where they are spread, inline ones included. */
  fragments: 500,
  /** Fields under another name than their own. */
  aliases: 30,
  directives: 50,
  /** Those that cost more than others count for several. */
  mutations: 15,
  /**
   * Pairs of fields with one response name. Validation compares their arguments and what is selected below them; fields
   * with neither cost next to nothing.
   */
  comparisons: 10_000,
  /** Fields that introspection would be answered with, its lists counted. GraphiQL asks for some 7,000. */
  introspection: 20_000,
} as const;

/** The extension of a mutation that counts for several. */
export const WORTH = 'mutationsWorth';

/** A new password is weighed and hashed, and its user gets a message. */
export const NEW_PASSWORD_WORTH = { [WORTH]: 4 };

export type Counted = keyof typeof REQUEST_LIMITS;
