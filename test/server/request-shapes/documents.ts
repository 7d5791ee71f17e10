// Large, deep or wide documents.
import { fragment, nest, post, type Shape, times } from './shape.ts';

export const DOCUMENTS: readonly Shape[] = [
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
