// A request of a given size, and the pieces that shapes are written from.

export interface Shape {
  readonly name: string;
  /** The request body. A larger size asks for more work. */
  readonly body: (size: number) => string;
  /** Whether a signed-in user sends it. */
  readonly signedIn?: true;
}

export const times = (count: number, write: (at: number) => string): string =>
  Array.from({ length: count }, (_, at) => write(at)).join(' ');

export const post = (query: string, variables?: unknown): string => JSON.stringify({ query, variables });

/** A value nested this many levels deep. */
export const nest = (depth: number, open: string, close: string, core: string): string =>
  open.repeat(depth) + core + close.repeat(depth);

/** Distributes the work over as many aliases as an operation may have. */
export const inAliases = (count: number, field: (at: number) => string): string =>
  `{ ${times(count, (at) => `a${at}: ${field(at)}`)} }`;

export const ASKED = '{ __typename ... on StepUpRequirements { guardedFields { path stepUps { maxAge } } } }';

/** Documents in variables. `requirements` queries each of them under a separate alias. */
export function requirements(documents: readonly string[]): string {
  const declared = documents.map((_, at) => `$d${at}: String!`).join(', ');
  const asked = documents.map((_, at) => `a${at}: stepUpRequirements(document: $d${at}) ${ASKED}`);
  const values = Object.fromEntries(documents.map((text, at) => [`d${at}`, text]));
  return post(`query (${declared}) { ${asked.join(' ')} }`, values);
}

export const batch = (count: number, query: (at: number) => string): string =>
  JSON.stringify(Array.from({ length: count }, (_, at) => ({ query: query(at) })));

export const fragment = (name: string, type: string, selections: string): string =>
  `fragment ${name} on ${type} { ${selections} }`;

export const SIGN_IN = 'mutation ($input: StartSignInInput!) { startSignIn(input: $input) { __typename } }';
export const ATTEMPT =
  'mutation ($input: AttemptFactorInput!) { attemptFactor(input: $input) { __typename } }';
export const STEP_UP = 'mutation ($input: StartStepUpInput!) { startStepUp(input: $input) { __typename } }';
export const STEP_UP_REQUIREMENTS =
  'query ($v: JSON) { stepUpRequirements(document: "{ __typename }", variables: $v) { __typename } }';

export const introspect = (selections: string): string => `{ __schema { ${selections} } }`;
