// Requests of every kind, good and bad, that have a JSON content type. The server must treat them the same way whatever
// else the client accepts.
import { getIntrospectionQuery } from 'graphql';

export interface TableRequest {
  readonly name: string;
  readonly body: string | Uint8Array<ArrayBuffer>;
  readonly headers?: Readonly<Record<string, string>>;
  /** Whether a signed-in user sends it. */
  readonly signedIn?: true;
}

const of = (query: unknown, others: object = {}): string => JSON.stringify({ query, ...others });
const SETTINGS = '{ settings { secondFactorPolicy } }';
const VIEWER = '{ viewer { __typename } }';
const SIGN_OUT = 'mutation { signOut { id } }';
const SIGN_UP = 'mutation { startSignUp(input: { email: "a", password: "b" }) { __typename } }';
const bytes = (text: string): Uint8Array<ArrayBuffer> => Uint8Array.from(Buffer.from(text, 'latin1'));

const BODIES: readonly (readonly [string, string | Uint8Array<ArrayBuffer>])[] = [
  ['a query', of(SETTINGS)],
  [
    'a query with null for all else',
    of(SETTINGS, { variables: null, operationName: null, extensions: null }),
  ],
  ['a query with unused variables', of(SETTINGS, { variables: { a: [{ b: 1 }] } })],
  ['a guarded query', of(VIEWER)],
  ['a guarded mutation', of(SIGN_OUT)],
  ['a mutation for administrators', of('mutation { unlockUser(id: "x") { __typename } }')],
  [
    'a guarded mutation beside an open one',
    of('mutation { signOut { id } link: approveLink(token: "x") { __typename } }'),
  ],
  [
    'a guarded mutation with a bad variable',
    of('mutation ($id: ID!) { revokeSession(id: $id) { __typename } }', { variables: { id: {} } }),
  ],
  ['a mutation with an invalid value', of(SIGN_UP)],
  ['an expected failure outside of a union', of('{ settings(tenant: "No") { __typename } }')],
  ['a refused and a failed field', of('{ viewer { id } settings(tenant: "No") { __typename } }')],
  ['introspection', of(getIntrospectionQuery())],
  [
    'two operations, of which one is named',
    of(`query A ${SETTINGS} query B { __typename }`, { operationName: 'B' }),
  ],
  ['two operations without a name', of(`query A ${SETTINGS} query B ${SETTINGS}`)],
  ['a name that no operation has', of(`query A ${SETTINGS}`, { operationName: 'B' })],
  ['an empty name', of(`query A ${SETTINGS}`, { operationName: '' })],
  ['only a fragment', of('fragment F on Query { __typename }')],
  ['a subscription', of('subscription { settings }')],
  ['a deferred fragment', of('{ ... @defer { settings { __typename } } }')],
  ['an unknown field', of('{ nowhere }')],
  ['text that is not GraphQL', of('{ settings')],
  ['an empty query', of('')],
  ['no query', of(undefined)],
  ['a query of null', of(null)],
  ['a query that is a number', of(1)],
  ['a query that is a list', of([SETTINGS])],
  ['variables that are a string', of(SETTINGS, { variables: 'x' })],
  ['variables that are a list', of(SETTINGS, { variables: [] })],
  ['extensions that are a number', of(SETTINGS, { extensions: 5 })],
  ['an operation name that is a number', of(SETTINGS, { operationName: 5 })],
  ['an unknown property', of(SETTINGS, { password: 'x' })],
  ['an unknown property of null', of(SETTINGS, { password: null })],
  ['a property that objects inherit', `{"query":"${SETTINGS}","__proto__":{"query":"{ nowhere }"}}`],
  ['a property given twice', `{"query":"{ nowhere }","query":"${SETTINGS}"}`],
  ['a persisted query', of(undefined, { extensions: { persistedQuery: { version: 1, sha256Hash: '0' } } })],
  [
    'a variable of the wrong type',
    of('query ($t: String) { settings(tenant: $t) { __typename } }', { variables: { t: 5 } }),
  ],
  ['a missing variable', of('query ($id: ID!) { workflow(id: $id) { id } }')],
  [
    'a required variable of null',
    of('query ($id: ID!) { workflow(id: $id) { id } }', { variables: { id: null } }),
  ],
  [
    'a variable with a NUL character',
    of('query ($id: ID!) { workflow(id: $id) { id } }', { variables: { id: '\0' } }),
  ],
  [
    'a variable that is nested too deeply',
    of(SETTINGS, { variables: JSON.parse(`{"x":${'['.repeat(30)}${']'.repeat(30)}}`) }),
  ],
  ['too many fields', of(`{ ${'__typename '.repeat(501)} }`)],
  ['too many tokens', of(`{ ${'__typename '.repeat(3001)} }`)],
  ['too many mutations', of(`mutation { ${'signOut { id } '.repeat(6)} }`)],
  ['too many mistakes', of(`{ ${Array.from({ length: 30 }, (_, at) => `a${at}x`).join(' ')} }`)],
  ['an empty body', ''],
  ['a body of spaces', '  '],
  ['a body of null', 'null'],
  ['a body of a number', '5'],
  ['a body of a string', '"x"'],
  ['a body that is not JSON', '{"query": "x", "variables": {"password": hunter2}}'],
  ['a body that ends too early', '{"query": "{ settings'],
  ['a body of a NUL byte', '\0'],
  ['a body with a byte order mark', `\uFEFF${of(SETTINGS)}`],
  ['a body in UTF-16', Uint8Array.from(Buffer.from(of(SETTINGS), 'utf16le'))],
  ['a body that is not UTF-8', bytes(`{"query":"{ settings(tenant: \\"\xff\xfe\\") { __typename } }"}`)],
  ['a body with letters of many bytes', of('{ settings(tenant: "密碼🗝️") { __typename } }')],
  ['a body that is one byte too long', `"${'x'.repeat(99_999)}"`],
  ['a form', 'query=%7B__typename%7D'],
  ['a batch', JSON.stringify([{ query: SETTINGS }, { query: VIEWER }, { query: SIGN_OUT }])],
  ['a batch of one', JSON.stringify([{ query: VIEWER }])],
  [
    'a batch of failures',
    JSON.stringify([{ query: '{' }, { query: 5 }, { query: '{ nowhere }' }, {}, { query: SIGN_UP }]),
  ],
  [
    'a batch that exceeds the budget together',
    JSON.stringify(Array.from({ length: 3 }, () => ({ query: `{ ${'__typename '.repeat(200)} }` }))),
  ],
  ['a batch of eleven', JSON.stringify(Array.from({ length: 11 }, () => ({ query: SETTINGS })))],
  ['an empty batch', '[]'],
  ['a batch of null', '[null]'],
  ['a batch in a batch', '[[]]'],
  ['a batch with a bad operation name', JSON.stringify([{ query: SETTINGS, operationName: {} }])],
];

const HEADERS: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
  ['no other header', {}],
  ['a charset', { 'content-type': 'application/json; charset=utf-8' }],
  ['another charset', { 'content-type': 'application/json; charset=iso-8859-1' }],
  ['a type in capitals', { 'content-type': 'APPLICATION/JSON' }],
  ['the older type of GraphQL', { 'content-type': 'application/graphql+json' }],
  ['two types', { 'content-type': 'application/json, text/plain' }],
  ['a simple type', { 'content-type': 'text/plain' }],
  [
    'a simple type with the header against CSRF',
    { 'content-type': 'text/plain', 'x-stepgate-session': 'cookie' },
  ],
  ['the type of a form', { 'content-type': 'application/x-www-form-urlencoded' }],
  ['the type of a multipart form', { 'content-type': 'multipart/form-data; boundary=x' }],
  ['an encoding', { 'content-encoding': 'gzip' }],
  ['an invalid token', { authorization: 'Bearer x' }],
  ['another scheme', { authorization: 'Basic eA==' }],
  ['two tokens', { authorization: 'Bearer x, Bearer y' }],
  ['cookies without the header that asks for them', { cookie: '__Host-stepgate-access=x' }],
  ['an invalid cookie', { cookie: '__Host-stepgate-access=x', 'x-stepgate-session': 'cookie' }],
  ['the origin of the server', { origin: 'http://localhost:4000' }],
  ['an allowed origin', { origin: 'https://app.example.com' }],
  [
    'an allowed origin that wants cookies',
    { origin: 'https://app.example.com', 'x-stepgate-session': 'cookie' },
  ],
  ['a foreign origin', { origin: 'https://evil.example' }],
  ['a foreign origin that wants cookies', { origin: 'https://evil.example', 'x-stepgate-session': 'cookie' }],
  ['the origin null that wants cookies', { origin: 'null', 'x-stepgate-session': 'cookie' }],
  ['an id of its own', { 'x-request-id': 'of-a-proxy' }],
];

export const REQUESTS: readonly TableRequest[] = [
  ...BODIES.map(([name, body]) => ({ name, body })),
  ...BODIES.filter(([, body]) => typeof body === 'string' && !body.includes('signOut')).map(
    ([name, body]) => ({
      name: `${name}, signed in`,
      body,
      signedIn: true as const,
    }),
  ),
  ...HEADERS.flatMap(([name, headers]) => [
    { name: `a query with ${name}`, body: of(SETTINGS), headers },
    { name: `a guarded query with ${name}`, body: of(VIEWER), headers },
    { name: `a guarded mutation with ${name}`, body: of(SIGN_OUT), headers },
  ]),
];
