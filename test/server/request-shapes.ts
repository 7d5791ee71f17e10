// Requests that are meant to be expensive. Each shape takes a size and puts as much of one kind of work into a request as
// the size allows. The test and `bench/dearest-request.ts` search them for the most expensive request within the limits.

export interface Shape {
  readonly name: string;
  /** The request body. A larger size asks for more work. */
  readonly body: (size: number) => string;
  /** Whether a signed-in user sends it. */
  readonly signedIn?: true;
}

const times = (count: number, write: (at: number) => string): string =>
  Array.from({ length: count }, (_, at) => write(at)).join(' ');

const post = (query: string, variables?: unknown): string => JSON.stringify({ query, variables });

/** A value nested this many levels deep. */
const nest = (depth: number, open: string, close: string, core: string): string =>
  open.repeat(depth) + core + close.repeat(depth);

/** Distributes the work over as many aliases as an operation may have. */
const inAliases = (count: number, field: (at: number) => string): string =>
  `{ ${times(count, (at) => `a${at}: ${field(at)}`)} }`;

const ASKED = '{ __typename ... on StepUpRequirements { guardedFields { path stepUps { maxAge } } } }';

/** Documents in variables. `requirements` queries each of them under a separate alias. */
function requirements(documents: readonly string[]): string {
  const declared = documents.map((_, at) => `$d${at}: String!`).join(', ');
  const asked = documents.map((_, at) => `a${at}: stepUpRequirements(document: $d${at}) ${ASKED}`);
  const values = Object.fromEntries(documents.map((text, at) => [`d${at}`, text]));
  return post(`query (${declared}) { ${asked.join(' ')} }`, values);
}

const batch = (count: number, query: (at: number) => string): string =>
  JSON.stringify(Array.from({ length: count }, (_, at) => ({ query: query(at) })));

const fragment = (name: string, type: string, selections: string): string =>
  `fragment ${name} on ${type} { ${selections} }`;

const SIGN_IN = 'mutation ($input: StartSignInInput!) { startSignIn(input: $input) { __typename } }';
const ATTEMPT = 'mutation ($input: AttemptFactorInput!) { attemptFactor(input: $input) { __typename } }';
const STEP_UP = 'mutation ($input: StartStepUpInput!) { startStepUp(input: $input) { __typename } }';
const STEP_UP_REQUIREMENTS =
  'query ($v: JSON) { stepUpRequirements(document: "{ __typename }", variables: $v) { __typename } }';

const introspect = (selections: string): string => `{ __schema { ${selections} } }`;

const DOCUMENTS: readonly Shape[] = [
  { name: 'one repeated field', body: (n) => post(`{ ${'__typename '.repeat(n)} }`) },
  {
    name: 'one repeated field with arguments',
    body: (n) => post(`{ ${'settings(tenant: "default") { __typename } '.repeat(n)} }`),
  },
  {
    name: 'one repeated field with a large argument',
    body: (n) => post(`{ ${`link(token: "${'x'.repeat(200)}") { __typename } `.repeat(n)} }`),
  },
  {
    name: 'one response name for many fields of many types',
    body: (n) =>
      post(
        `{ workflow(id: "x") { ${times(n, (at) => `... on ${['SignIn', 'SignUp', 'StepUp'][at % 3]} { a: id b: status }`)} } }`,
      ),
  },
  {
    name: 'nested fields with the same response names',
    body: (n) => post(`{ ${`settings { ${'__typename '.repeat(n)} } `.repeat(n)} }`),
  },
  {
    name: 'one repeated deep path',
    body: (n) =>
      post(
        `{ ${`__type(name: "User") { ${nest(17, 'ofType { ', ' }', 'name')} } `.repeat(Math.ceil(n / 10))} }`,
      ),
  },
  {
    name: 'conflicting fields',
    body: (n) => post(`{ settings { ${times(n, (at) => `x: ${at % 2 ? 'factors' : 'sms'}`)} } }`),
  },
  {
    name: 'conflicting fields through fragments',
    body: (n) =>
      post(
        `{ ${times(n, (at) => `...F${at}`)} } ${times(n, (at) => fragment(`F${at}`, 'Query', `x: ${at % 2 ? 'viewer { id }' : '__typename'}`))}`,
      ),
  },
  {
    name: 'many unused fragments',
    body: (n) => post(`{ __typename } ${times(n, (at) => fragment(`F${at}`, 'Query', '__typename'))}`),
  },
  {
    name: 'a chain of fragments',
    body: (n) =>
      post(
        `{ ...F0 } ${times(n, (at) => fragment(`F${at}`, 'Query', at === n - 1 ? '__typename' : `...F${at + 1}`))}`,
      ),
  },
  {
    name: 'fragments that spread all other fragments',
    body: (n) => {
      const width = Math.ceil(Math.sqrt(n));
      const spreads = (from: number): string => times(Math.max(width - from, 0), (at) => `...F${at + from}`);
      return post(
        `{ ...F0 } ${times(width, (at) => fragment(`F${at}`, 'Query', `${spreads(at + 1)} __typename`))}`,
      );
    },
  },
  {
    name: 'a cycle of fragments',
    body: (n) =>
      post(`{ ...F0 } ${times(n, (at) => fragment(`F${at}`, 'Query', `...F${(at + 1) % n} ...F0`))}`),
  },
  {
    name: 'many spreads of one fragment',
    body: (n) => post(`{ ${'...F '.repeat(n)} } ${fragment('F', 'Query', '__typename')}`),
  },
  {
    name: 'fragments on incompatible types',
    body: (n) =>
      post(
        `{ workflow(id: "x") { ${times(n, (at) => `...F${at}`)} } } ${times(n, (at) => fragment(`F${at}`, ['SignIn', 'SignUp'][at % 2] ?? '', 'id'))}`,
      ),
  },
  {
    name: 'spreads of an unknown fragment',
    body: (n) => post(`{ ${times(n, (at) => `...Missing${at}`)} }`),
  },
  {
    name: 'nested inline fragments',
    body: (n) => post(nest(n, '{ ...', ' }', '{ __typename }')),
  },
  { name: 'many inline fragments', body: (n) => post(`{ ${'... { __typename } '.repeat(n)} }`) },
  {
    name: 'many inline fragments with directives',
    body: (n) => post(`{ ${'... @include(if: true) { __typename } '.repeat(n)} }`),
  },
  {
    name: 'many directives on one field',
    body: (n) => post(`{ __typename ${'@include(if: true) '.repeat(n)} }`),
  },
  { name: 'many directives on the operation', body: (n) => post(`query ${'@a '.repeat(n)} { __typename }`) },
  {
    name: 'many directives on variables',
    body: (n) => post(`query ($a: Int ${'@a(a: 1) '.repeat(n)}) { __typename }`),
  },
  {
    name: 'many directives on fragments',
    body: (n) => post(`{ ...F } fragment F on Query ${'@a '.repeat(n)} { __typename }`),
  },
  {
    name: 'many operations',
    body: (n) =>
      JSON.stringify({ query: times(n, (at) => `query Q${at} { __typename }`), operationName: 'Q0' }),
  },
  {
    name: 'many operations that share a fragment with variables',
    body: (n) => {
      const side = Math.ceil(Math.sqrt(n) * 4);
      const operations = times(side, (at) => `query Q${at} { ...F }`);
      const used = times(side, (at) => `settings(tenant: $v${at}) { __typename }`);
      return JSON.stringify({ query: `${operations} ${fragment('F', 'Query', used)}`, operationName: 'Q0' });
    },
  },
  { name: 'many variables', body: (n) => post(`query (${times(n, (at) => `$v${at}: Int`)}) { __typename }`) },
  { name: 'one repeated variable', body: (n) => post(`query (${'$v: Int '.repeat(n)}) { __typename }`) },
  {
    name: 'variables of unknown types',
    body: (n) => post(`query (${times(n, (at) => `$v${at}: FactorKin`)}) { __typename }`),
  },
  {
    name: 'a variable of a deeply nested list type',
    body: (n) => post(`query ($v: ${nest(n, '[', ']', 'Int')}) { __typename }`),
  },
  { name: 'many unknown fields', body: (n) => post(`{ ${times(n, (at) => `settingz${at}`)} }`) },
  {
    name: 'many unknown arguments',
    body: (n) => post(`{ settings(${times(n, (at) => `tenan${at}: 1`)}) { __typename } }`),
  },
  {
    name: 'one repeated argument',
    body: (n) => post(`{ settings(${'tenant: "default" '.repeat(n)}) { __typename } }`),
  },
  {
    name: 'unknown input fields',
    body: (n) =>
      post(`mutation { startSignIn(input: {${times(n, (at) => `identifie${at}: 1`)}}) { __typename } }`),
  },
  {
    name: 'one repeated input field',
    body: (n) => post(`mutation { startSignIn(input: {${'identifier: "x" '.repeat(n)}}) { __typename } }`),
  },
  {
    name: 'unknown types',
    body: (n) => post(`{ ${times(n, (at) => `... on Quer${at} { id }`)} }`),
  },
  {
    name: 'unknown directives',
    body: (n) => post(`{ __typename ${times(n, (at) => `@skp${at}`)} }`),
  },
  {
    name: 'unknown enum values',
    body: (n) =>
      post(`mutation { startStepUp(input: { accept: [${times(n, (at) => `TOT${at}`)}] }) { __typename } }`),
    signedIn: true,
  },
  {
    name: 'valid enum values',
    body: (n) => post(`mutation { startStepUp(input: { accept: [${'TOTP '.repeat(n)}] }) { __typename } }`),
    signedIn: true,
  },
  {
    name: 'a deeply nested literal',
    body: (n) =>
      post(
        `{ stepUpRequirements(document: "{ __typename }", variables: { a: ${nest(n, '[', ']', '')} }) { __typename } }`,
      ),
  },
  {
    name: 'a wide literal',
    body: (n) =>
      post(
        `{ stepUpRequirements(document: "{ __typename }", variables: { ${times(n, (at) => `a${at}: 1`)} }) { __typename } }`,
      ),
  },
  {
    name: 'a long string',
    body: (n) => post(`{ settings(tenant: "${'x'.repeat(n * 10)}") { __typename } }`),
  },
  {
    name: 'a long string of escapes',
    body: (n) => post(`{ settings(tenant: "${String.raw`\u00e9`.repeat(n * 3)}") { __typename } }`),
  },
  {
    name: 'a block string of many lines',
    body: (n) => post(`{ settings(tenant: """${' \n'.repeat(n * 10)}""") { __typename } }`),
  },
  { name: 'a long name', body: (n) => post(`{ ${'x'.repeat(n * 10)} }`) },
  { name: 'a long comment', body: (n) => post(`#${'x'.repeat(n * 10)}\n{ __typename }`) },
  { name: 'many comments', body: (n) => post(`${'#\n'.repeat(n * 10)}{ __typename }`) },
  { name: 'many empty lines before an error', body: (n) => post(`${'\n'.repeat(n * 10)}{ nowhere }`) },
  {
    name: 'errors on lines far apart',
    body: (n) => post(`{ ${times(n, (at) => `${'\n'.repeat(20)}nowhere${at}`)} }`),
  },
  { name: 'a document that ends too early', body: (n) => post(`{ ${'a { '.repeat(n)}`) },
  { name: 'type definitions', body: (n) => post(times(n, (at) => `type T${at} { a: Int }`)) },
];

const INTROSPECTION: readonly Shape[] = [
  {
    name: 'fields of the types of fields, with aliases',
    body: (n) =>
      post(
        introspect(
          times(
            Math.min(n, 30),
            (at) =>
              `a${at}: types { fields { type { ofType { ofType { fields { name description type { name kind } } } fields { name description type { name kind } } } } } }`,
          ),
        ),
      ),
  },
  {
    name: 'values of the types of arguments, with aliases',
    body: (n) =>
      post(
        introspect(
          times(
            Math.min(n, 30),
            (at) =>
              `a${at}: types { fields { name description type { name kind } args { name type { ofType { inputFields { name type { name kind ofType { enumValues { name } } } } } } } } }`,
          ),
        ),
      ),
  },
  {
    name: 'fields of possible types, with aliases',
    body: (n) =>
      post(
        introspect(
          times(
            Math.min(n, 30),
            (at) => `a${at}: types { possibleTypes { name description fields { name args { name } } } }`,
          ),
        ),
      ),
  },
  {
    name: 'types with aliases',
    body: (n) =>
      post(
        introspect(times(Math.min(n, 30), (at) => `a${at}: types { name fields { name args { name } } }`)),
      ),
  },
  {
    name: 'fields of the types of fields',
    body: (n) =>
      post(
        introspect(
          `types { fields { type { fields { ${times(Math.min(n, 28), (at) => `a${at}: name`)} } } } }`,
        ),
      ),
  },
  {
    name: 'arguments of the fields of the types of fields',
    body: (n) =>
      post(
        introspect(
          `types { fields { type { ofType { fields { args { ${times(Math.min(n, 28), (at) => `a${at}: description`)} } } } } } }`,
        ),
      ),
  },
  {
    name: 'values of the types of arguments',
    body: (n) =>
      post(
        introspect(
          `types { fields { args { type { ofType { inputFields { type { enumValues { ${times(Math.min(n, 28), (at) => `a${at}: name`)} } } } } } } } }`,
        ),
      ),
  },
  {
    name: 'possible types',
    body: (n) =>
      post(
        introspect(
          `types { possibleTypes { possibleTypes { ${times(Math.min(n, 28), (at) => `a${at}: name`)} } interfaces { possibleTypes { name } } } }`,
        ),
      ),
  },
  {
    name: 'many equal response names below many types',
    body: (n) => post(introspect(`types { ${'name '.repeat(n)} fields { ${'name '.repeat(n)} } }`)),
  },
  {
    name: 'many deep types',
    body: (n) =>
      post(
        introspect(
          `types { fields { type { ${nest(Math.min(n, 14), 'ofType { kind name ', ' }', 'name')} } } }`,
        ),
      ),
  },
  {
    name: 'one type with many aliases',
    body: (n) =>
      post(
        inAliases(
          Math.min(n, 30),
          () => '__type(name: "Mutation") { fields { name args { name type { name } } } }',
        ),
      ),
  },
  {
    name: 'all descriptions, with aliases',
    body: (n) =>
      post(
        introspect(
          `types { ${times(Math.min(n, 14), (at) => `a${at}: description`)} fields { ${times(Math.min(n, 14), (at) => `b${at}: description`)} } }`,
        ),
      ),
  },
  {
    name: 'conditional fields below lists',
    body: (n) =>
      post(introspect(`types { fields { ${times(Math.min(n, 50), () => 'name @include(if: true)')} } }`)),
  },
  {
    name: 'batches of introspection',
    body: (n) =>
      batch(Math.min(n, 10), () =>
        introspect('types { name fields { name description type { name } args { name } } }'),
      ),
  },
];

const VALUES: readonly Shape[] = [
  {
    name: 'invalid enum values in a variable',
    body: (n) => post(STEP_UP, { input: { accept: Array.from({ length: n * 3 }, (_, at) => `TOTQ${at}`) } }),
    signedIn: true,
  },
  {
    name: 'valid enum values in a variable',
    body: (n) => post(STEP_UP, { input: { accept: Array.from({ length: n * 3 }, () => 'TOTP') } }),
    signedIn: true,
  },
  {
    name: 'unknown input fields in a variable',
    body: (n) =>
      post(SIGN_IN, {
        input: Object.fromEntries(Array.from({ length: n * 2 }, (_, at) => [`identifie${at}`, 1])),
      }),
  },
  {
    name: 'a list of invalid inputs',
    body: (n) =>
      post('mutation ($v: [StartSignInInput!]!) { startSignIn(input: $v) { __typename } }', {
        v: Array.from({ length: n * 8 }, () => ({})),
      }),
  },
  {
    name: 'unknown fields of a @oneOf input',
    body: (n) =>
      post(ATTEMPT, {
        input: {
          workflowId: 'x',
          proof: Object.fromEntries(Array.from({ length: n * 2 }, (_, at) => [`passwor${at}`, '1'])),
        },
      }),
  },
  {
    name: 'all fields of a @oneOf input',
    body: () =>
      post(ATTEMPT, { input: { workflowId: 'x', proof: { password: 'x', totp: 'x', emailCode: 'x' } } }),
  },
  {
    name: 'empty lists in JSON',
    body: (n) => post(STEP_UP_REQUIREMENTS, { v: Array.from({ length: n * 10 }, () => []) }),
  },
  {
    name: 'empty objects in JSON',
    body: (n) => post(STEP_UP_REQUIREMENTS, { v: { a: Array.from({ length: n * 10 }, () => ({})) } }),
  },
  {
    name: 'many properties in JSON',
    body: (n) =>
      post(STEP_UP_REQUIREMENTS, {
        v: Object.fromEntries(Array.from({ length: n * 4 }, (_, at) => [`m${at}`, at])),
      }),
  },
  {
    name: 'numbers in JSON',
    body: (n) => post(STEP_UP_REQUIREMENTS, { v: { a: Array.from({ length: n * 15 }, () => 1) } }),
  },
  {
    name: 'deeply nested JSON',
    body: (n) =>
      `{"query":${JSON.stringify(STEP_UP_REQUIREMENTS)},"variables":{"v":${nest(n * 15, '[', ']', '')}}}`,
  },
  {
    name: 'deeply nested extensions',
    body: (n) => `{"query":"{ __typename }","extensions":{"v":${nest(n * 15, '[', ']', '')}}}`,
  },
  {
    name: 'extensions with many properties',
    body: (n) =>
      `{"query":"{ __typename }","extensions":{"v":[${Array.from({ length: n * 15 }, () => '{}').join(',')}]}}`,
  },
  {
    name: 'undeclared variables',
    body: (n) =>
      post('{ __typename }', Object.fromEntries(Array.from({ length: n * 4 }, (_, at) => [`m${at}`, at]))),
  },
  {
    name: 'invalid strings in JSON',
    body: (n) => post(STEP_UP_REQUIREMENTS, { v: Array.from({ length: n * 6 }, () => 'a\0') }),
  },
  ...['x', 'é', '\u{1F600}', '\u0300', ' ', '@', '.', 'İ', '\u200b', 'a.', '<', 'ﷺ'].map(
    (unit): Shape => ({
      name: `a long identifier of ${JSON.stringify(unit)}`,
      body: (n) =>
        post(SIGN_IN, {
          input: { identifier: unit.repeat(Math.floor(Math.min(n * 10, 20_000) / unit.length)) },
        }),
    }),
  ),
  {
    name: 'long strings in every argument',
    body: (n) =>
      post(
        'mutation ($v: String!) { startSignUp(input: { email: $v, name: $v, password: $v, tenant: $v }) { __typename } }',
        { v: `${'ﷺ'.repeat(Math.min(n * 4, 20_000))}@example.com` },
      ),
  },
  {
    name: 'a long proof of every factor',
    body: (n) => {
      const proofs = ['password', 'emailCode', 'phoneCode', 'totp', 'backupCode'];
      return post(
        `mutation ($v: String!) { ${proofs.map((proof) => `${proof}: attemptFactor(input: { workflowId: $v, proof: { ${proof}: $v } }) { __typename }`).join(' ')} }`,
        { v: '٣'.repeat(Math.min(n * 10, 20_000)) },
      );
    },
  },
];

const SEVERAL: readonly Shape[] = [
  {
    name: 'a batch of sign-ups',
    body: (n) =>
      batch(
        10,
        (at) =>
          `mutation { ${times(Math.min(n, 5), (it) => `a${it}: startSignUp(input: { email: "u${n}x${at}x${it}@example.com", password: "correct horse battery staple" }) { __typename }`)} }`,
      ),
  },
  {
    name: 'a batch of password guesses',
    body: (n) =>
      batch(
        10,
        (at) =>
          `mutation { ${times(Math.min(n, 5), (it) => `a${it}: attemptFactor(input: { workflowId: "w${at}x${it}", proof: { password: "x" } }) { __typename }`)} }`,
      ),
  },
  {
    name: 'a batch of refreshes',
    body: (n) =>
      batch(
        10,
        (at) =>
          `mutation { ${times(Math.min(n, 5), (it) => `a${it}: refreshSession(input: { refreshToken: "w${at}x${it}" }) { __typename }`)} }`,
      ),
  },
  { name: 'a batch of equal fields', body: (n) => batch(10, () => `{ ${'__typename '.repeat(n)} }`) },
  {
    name: 'a batch of new documents',
    body: (n) => batch(10, (at) => `{ ${times(n, (field) => `a${at}x${field}: settings { __typename }`)} }`),
  },
  {
    name: 'a batch of invalid documents',
    body: (n) => batch(10, (at) => `{ ${times(n, (field) => `nowhere${at}x${field}`)} }`),
  },
  { name: 'a batch that ends too early', body: (n) => batch(10, () => `{ ${'a { '.repeat(n)}`) },
  {
    name: 'a batch of sign-ins',
    body: (n) =>
      batch(
        10,
        () =>
          `mutation { ${times(Math.min(n, 5), (at) => `a${at}: startSignIn(input: { identifier: "x@example.com" }) { __typename }`)} }`,
      ),
  },
  {
    name: 'settings with aliases',
    body: (n) =>
      post(
        inAliases(
          Math.min(n, 30),
          (at) => `settings(tenant: "t${at}") { factors { factor } passwordPolicy { minimumLength } }`,
        ),
      ),
  },
  {
    name: 'workflows with aliases',
    body: (n) => post(inAliases(Math.min(n, 30), (at) => `workflow(id: "${at}") { id }`)),
  },
  {
    name: 'links with aliases',
    body: (n) => post(inAliases(Math.min(n, 30), (at) => `link(token: "${at}") { __typename }`)),
  },
  {
    name: 'password checks with aliases',
    body: (n) =>
      post(
        inAliases(
          Math.min(n, 30),
          (at) => `checkPassword(input: { password: "${'aB1x'.repeat(5)}${at}" }) { acceptable }`,
        ),
      ),
  },
  {
    name: 'the viewer with aliases',
    body: (n) =>
      post(
        inAliases(
          Math.min(n, 30),
          () =>
            'viewer { name roles emailAddresses { id } phoneNumbers { id } authenticators { id } sessions { id } backupCodesRemaining }',
        ),
      ),
    signedIn: true,
  },
  {
    name: 'documents in variables, with equal fields',
    body: (n) =>
      requirements(Array.from({ length: 30 }, (_, at) => `{ ${'__typename '.repeat(n)}${' '.repeat(at)}}`)),
  },
  {
    name: 'documents in variables, with different fields',
    body: (n) =>
      requirements(
        Array.from(
          { length: 30 },
          (_, at) => `{ ${times(Math.min(n, 30), (field) => `a${at}x${field}: settings { __typename }`)} }`,
        ),
      ),
  },
  {
    name: 'documents in variables, with errors',
    body: (n) =>
      requirements(
        Array.from({ length: 30 }, (_, at) => `{ ${times(n, (field) => `setting${at}x${field}`)} }`),
      ),
  },
  {
    name: 'documents in variables that end too early',
    body: (n) => requirements(Array.from({ length: 30 }, (_, at) => `{ ${`a${at} { `.repeat(n)}`)),
  },
  {
    name: 'documents in variables, with guarded fields',
    body: (n) =>
      requirements(
        Array.from({ length: 30 }, (_, at) => `{ a${at}: viewer { ${'auditEvents { id } '.repeat(n)} } }`),
      ),
  },
  {
    name: 'one document in a variable, used thirty times',
    body: (n) =>
      post(`query ($d: String!) ${inAliases(30, () => `stepUpRequirements(document: $d) ${ASKED}`)}`, {
        d: `{ viewer { ${'auditEvents { id } '.repeat(n)} } }`,
      }),
  },
  {
    name: 'bound operations',
    body: (n) =>
      post(
        `mutation (${times(5, (at) => `$d${at}: String!`)}) { ${times(5, (at) => `a${at}: startStepUp(input: { operation: { query: $d${at} } }) { __typename }`)} }`,
        Object.fromEntries(
          Array.from({ length: 5 }, (_, at) => [
            `d${at}`,
            `{ b${at}: __typename ${'__typename '.repeat(n)} }`,
          ]),
        ),
      ),
    signedIn: true,
  },
];

export const SHAPES: readonly Shape[] = [...DOCUMENTS, ...INTROSPECTION, ...VALUES, ...SEVERAL];

/** From small sizes to more than any limit allows. */
export const SIZES: readonly number[] = [5, 10, 30, 50, 100, 140, 240, 490, 980, 1450, 2900];

/** Whether the server would read the body at all. */
export const isReadable = (body: string): boolean => Buffer.byteLength(body) <= 100_000;
