// Who may use a field with one guard.
import { decided, type FieldCase } from './field-case.ts';

const SEARCH = '{ search(term: "x") }';
const FOUND = { search: 'found' };
const NOT_FOUND = { search: null };
const STEP_UP = 'STEP_UP_REQUIRED';
const NOBODY = 'UNAUTHENTICATED';

export const DECISION_CASES: readonly FieldCase[] = [
  decided('a field without a guard is open to everybody', 'nobody', '{ open }', { open: 'open' }),
  decided('a field without a guard is open in spite of an invalid token', 'invalid', '{ open }', {
    open: 'open',
  }),
  decided(
    '`__typename` and introspection need nothing',
    'nobody',
    '{ __typename __type(name: "Client") { name } }',
    {
      __typename: 'Query',
      __type: { name: 'Client' },
    },
  ),

  decided('a fresh second factor opens a field', 'fresh', SEARCH, FOUND),
  decided('a proof of exactly the maximum age opens a field', 'atTheLimit', SEARCH, FOUND),
  decided('a proof one second older does not', 'pastTheLimit', SEARCH, NOT_FOUND, { search: STEP_UP }),
  decided('a proof from the future does not', 'ahead', SEARCH, NOT_FOUND, { search: STEP_UP }),
  decided('a first factor does not', 'weak', SEARCH, NOT_FOUND, { search: STEP_UP }),
  decided('a second factor alone does not, because it is one category', 'oneCategory', SEARCH, NOT_FOUND, {
    search: STEP_UP,
  }),
  decided('a user without a second factor is told to enroll one', 'unenrolled', SEARCH, NOT_FOUND, {
    search: 'ENROLLMENT_REQUIRED',
  }),
  decided('an anonymous caller is told to sign in', 'nobody', SEARCH, NOT_FOUND, { search: NOBODY }),
  decided('an expired token counts as none', 'expired', SEARCH, NOT_FOUND, { search: NOBODY }),
  decided('an invalid token counts as none', 'invalid', SEARCH, NOT_FOUND, { search: NOBODY }),

  decided(
    '`accept` takes its factors only',
    'otherFactor',
    '{ client { pin } }',
    { client: { pin: null } },
    {
      'client.pin': STEP_UP,
    },
  ),
  decided(
    '`maxAge` is that of the field',
    'atTheLimit',
    '{ client { pin nickname } }',
    {
      client: { pin: null, nickname: 'Countess' },
    },
    { 'client.pin': STEP_UP },
  ),
  decided(
    '`STRONGEST_ENROLLED` takes a fresh first factor of a user who has no second one',
    'unenrolled',
    '{ client { nickname } }',
    { client: { nickname: 'Countess' } },
  ),
  decided(
    '`STRONGEST_ENROLLED` takes no first factor of a user who has a second one',
    'weak',
    '{ client { nickname } }',
    {
      client: { nickname: null },
    },
    { 'client.nickname': STEP_UP },
  ),
  decided(
    '`bind: OPERATION` is not met by a session',
    'fresh',
    '{ vault }',
    { vault: null },
    { vault: STEP_UP },
  ),
];
