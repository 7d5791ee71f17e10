// Several kinds of work in one request, and batches.
import { ASKED, batch, inAliases, post, requirements, type Shape, times } from './shape.ts';

export const SEVERAL: readonly Shape[] = [
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
