// Large, deep or many values of variables and arguments.
import { ATTEMPT, nest, post, type Shape, SIGN_IN, STEP_UP, STEP_UP_REQUIREMENTS } from './shape.ts';

export const VALUES: readonly Shape[] = [
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
