// A refusal tells a client what is missing and what to do about it.
import { GraphQLError } from 'graphql';
import { describe, expect, test } from 'vitest';
import { ANONYMOUS } from '../../src/policy/decision.ts';
import type { Presented } from '../../src/step-up/auth-context.ts';
import { RefusalError } from '../../src/step-up/refusal-error.ts';
import { caller, NOW, nobody } from './example-schema.ts';
import { ask } from './example-server.ts';

const SECOND_FACTORS = ['PHONE_CODE', 'TOTP', 'BACKUP_CODE', 'DEVICE_APPROVAL', 'PASSKEY', 'CERTIFICATE'];
const NOTHING = {
  acrValues: null,
  maxAge: null,
  accept: null,
  require: null,
  bind: null,
  lastVerifiedAt: null,
};

describe('the extensions of a refused field', () => {
  test.each<[string, Presented, string, object]>([
    [
      '@authenticated, for an anonymous caller',
      nobody(),
      '{ client { name } }',
      { code: 'UNAUTHENTICATED', remedy: 'SIGN_IN', ...NOTHING },
    ],
    [
      '@stepUp, for an anonymous caller',
      nobody(),
      '{ search(term: "x") }',
      {
        code: 'UNAUTHENTICATED',
        remedy: 'SIGN_IN',
        acrValues: ['aal2'],
        maxAge: 600,
        accept: SECOND_FACTORS,
        require: 'SECOND_FACTOR',
        bind: 'SESSION',
        lastVerifiedAt: null,
      },
    ],
    [
      '@stepUp, for a session whose proof is too old',
      caller({ TOTP: 61 }),
      '{ client { pin } }',
      {
        code: 'STEP_UP_REQUIRED',
        remedy: 'STEP_UP',
        acrValues: ['aal2'],
        maxAge: 60,
        accept: ['TOTP', 'BACKUP_CODE'],
        require: 'SECOND_FACTOR',
        bind: 'SESSION',
        lastVerifiedAt: NOW - 61,
      },
    ],
    [
      '@stepUp, for a session without a proof',
      caller({ EMAIL_CODE: 5 }),
      '{ search(term: "x") }',
      {
        code: 'STEP_UP_REQUIRED',
        remedy: 'STEP_UP',
        acrValues: ['aal2'],
        maxAge: 600,
        accept: SECOND_FACTORS,
        require: 'SECOND_FACTOR',
        bind: 'SESSION',
        lastVerifiedAt: null,
      },
    ],
    [
      '@stepUp, for a session with a proof of a factor that is not accepted',
      caller({ PHONE_CODE: 5 }, { enrolled: ['PHONE_CODE', 'BACKUP_CODE'] }),
      '{ client { pin } }',
      {
        code: 'STEP_UP_REQUIRED',
        remedy: 'STEP_UP',
        acrValues: ['aal2'],
        maxAge: 60,
        accept: ['TOTP', 'BACKUP_CODE'],
        require: 'SECOND_FACTOR',
        bind: 'SESSION',
        lastVerifiedAt: null,
      },
    ],
    [
      '@stepUp, for a user who has no second factor',
      caller({}, { enrolled: [] }),
      '{ search(term: "x") }',
      {
        code: 'ENROLLMENT_REQUIRED',
        remedy: 'ENROLL',
        acrValues: ['aal2'],
        maxAge: 600,
        accept: SECOND_FACTORS,
        require: 'SECOND_FACTOR',
        bind: 'SESSION',
        lastVerifiedAt: null,
      },
    ],
    [
      '@stepUp, for a user without an accepted second factor',
      caller({ PHONE_CODE: 5 }, { enrolled: ['PHONE_CODE'] }),
      '{ client { pin } }',
      {
        code: 'ENROLLMENT_REQUIRED',
        remedy: 'ENROLL',
        acrValues: ['aal2'],
        maxAge: 60,
        accept: ['TOTP', 'BACKUP_CODE'],
        require: 'SECOND_FACTOR',
        bind: 'SESSION',
        lastVerifiedAt: null,
      },
    ],
    [
      '@stepUp(require: STRONGEST_ENROLLED), for a user without a second factor whose first is too old',
      caller({}, { enrolled: [] }),
      '{ client { nickname } }',
      {
        code: 'STEP_UP_REQUIRED',
        remedy: 'STEP_UP',
        acrValues: ['aal1'],
        maxAge: 600,
        accept: null,
        require: 'STRONGEST_ENROLLED',
        bind: 'SESSION',
        lastVerifiedAt: NOW - 3600,
      },
    ],
    [
      '@requiresRole, for a user who does not have it',
      caller({ TOTP: 5 }, { roles: ['TELLER'] }),
      'mutation { audit }',
      { code: 'FORBIDDEN', remedy: null, ...NOTHING, executed: false, notRun: ['audit'] },
    ],
    [
      '@requiresRole, for an anonymous caller',
      nobody(),
      'mutation { audit }',
      { code: 'UNAUTHENTICATED', remedy: 'SIGN_IN', ...NOTHING, executed: false, notRun: ['audit'] },
    ],
  ])('%s', async (_name, who, query, extensions) => {
    const { errors } = await ask(who, query);
    expect(errors).toHaveLength(1);
    expect(errors[0]?.extensions).toEqual(extensions);
    expect(errors[0]?.message).toBeTruthy();
  });
});

test('STRONGEST_ENROLLED accepts a fresh first factor only from a user without a second one', async () => {
  const query = '{ client { nickname } }';
  const without = await ask(caller({ PASSWORD: 5 }, { enrolled: [] }), query);
  expect(without.data).toEqual({ client: { nickname: 'Countess' } });
  const withOne = await ask(caller({ PASSWORD: 5 }, { enrolled: ['TOTP'] }), query);
  expect(withOne.refused).toEqual({ 'client.nickname': 'STEP_UP_REQUIRED' });
});

test('the message distinguishes an expired, a missing and an invalid token', async () => {
  const messages = await Promise.all(
    [nobody(), nobody('EXPIRED'), nobody('INVALID')].map(async (who) => {
      const { errors } = await ask(who, '{ client { name } }');
      return errors[0]?.message;
    }),
  );
  expect(messages).toEqual([
    'Sign in first.',
    expect.stringContaining('expired'),
    expect.stringContaining('not valid'),
  ]);
});

test('a refusal is named GraphQLError, so that no server masks it', () => {
  expect(new RefusalError(ANONYMOUS)).toBeInstanceOf(GraphQLError);
  expect(new RefusalError(ANONYMOUS).name).toBe('GraphQLError');
});

test.each([
  ['a query', '{ client { name } search(term: "x") boom }'],
  ['a mutation', 'mutation { note close(term: "x") audit }'],
])('the body does not reveal internals of the server: %s', async (_name, query) => {
  const { text, errors } = await ask(nobody(), query);
  expect(errors.length).toBeGreaterThan(1);
  expect(text).not.toMatch(/"http"|"spec"|"headers"|"stack"|originalError|secret detail/i);
  const known = new Set([
    'code',
    'remedy',
    'acrValues',
    'maxAge',
    'accept',
    'require',
    'bind',
    'lastVerifiedAt',
    'executed',
    'notRun',
  ]);
  expect(errors.flatMap((one) => Object.keys(one.extensions)).filter((key) => !known.has(key))).toEqual([]);
});
