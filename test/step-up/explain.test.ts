// The explanation of an operation says what its guards decide, in the words of a person, and never decides otherwise.
import { parse } from 'graphql';
import { describe, expect, test } from 'vitest';
import { type ExplainedGuard, explain } from '../../src/step-up/explain.ts';
import { bankSchema, caller, NOW, nobody } from './example-schema.ts';
import { ask } from './example-server.ts';

const schema = bankSchema();

const explained = (query: string, who = caller({ TOTP: 10 }), variables: object | null = null) =>
  explain(schema, parse(query), variables as Record<string, unknown> | null, who.authContext, { now: NOW });

const OPERATIONS = [
  '{ hello }',
  '{ search(term: "x") }',
  '{ client { name pin nickname accounts { id balance } } }',
  '{ a: search(term: "x") ... on Query { client { name } } }',
  'mutation { close(term: "x") }',
  'mutation { audit }',
  'mutation { open { pin } close(term: "x") }',
];

const CALLERS = {
  nobody: nobody(),
  'a first factor': caller(),
  'a fresh second factor': caller({ TOTP: 10 }),
  'a second factor at its last second': caller({ TOTP: 600 }),
  'a second factor a second too old': caller({ TOTP: 601 }),
  'a backup code': caller({ BACKUP_CODE: 10 }),
  'no second factor to prove': caller({}, { enrolled: [] }),
  'a role': caller({ TOTP: 10 }, { roles: ['AUDITOR'] }),
};

describe.each(Object.entries(CALLERS))('for %s, the explanation', (_, who) => {
  test.each(OPERATIONS)('of %s says what the server decides', async (query) => {
    const { errors } = await ask(who, query);
    const refusals = errors.filter(
      ({ extensions }) => extensions.code !== undefined && 'remedy' in extensions,
    );
    const { isOpen, fields } = explained(query, who);
    expect(isOpen).toBe(refusals.length === 0);
    const firstRefusals = fields
      .filter((field) => !field.isOpen)
      .map(({ path, guards }) => [path.join('.'), guards.find((guard) => !guard.isMet)?.refusal?.code]);
    const byPath = refusals.map(({ path = [], extensions }) => [
      path.filter((part) => typeof part === 'string').join('.'),
      extensions.code,
    ]);
    // A server stops at a refused parent. A person wants to know of its fields as well.
    for (const refused of byPath) expect(firstRefusals).toContainEqual(refused);
  });
});

describe('a reason', () => {
  const reasonOf = (query: string, who = caller({ TOTP: 10 }), at = 0) => {
    const guards: readonly ExplainedGuard[] = explained(query, who).fields[0]?.guards ?? [];
    return guards[at]?.reason;
  };

  test.each<[string, ReturnType<typeof caller>, string]>([
    ['of a fresh proof', caller({ TOTP: 10 }), 'TOTP was completed 10 seconds ago, of 600 seconds allowed.'],
    [
      'of an old proof',
      caller({ TOTP: 601 }),
      'The newest accepted factor was completed 601 seconds ago, which is 1 second too long.',
    ],
    ['of no proof', caller(), 'No accepted factor was completed in this session.'],
    ['of no factor', caller({}, { enrolled: [] }), 'The user has no factor that would be accepted.'],
    ['of no session', nobody(), 'The caller is not signed in.'],
  ])('%s names what is held and what is missing', (_, who, reason) => {
    expect(reasonOf('{ search(term: "x") }', who)).toBe(reason);
  });

  test('of a missing role names the role', () => {
    expect(reasonOf('mutation { audit }')).toBe('The caller does not have the role AUDITOR.');
  });

  test('names the place where the guard is written, and the guard without its defaults', () => {
    const [field] = explained('{ client { accounts { balance } } }').fields.slice(-1);
    expect(field?.guards.map(({ place }) => place)).toContain('Account.balance');
    for (const { guard } of field?.guards ?? []) expect(guard).toMatch(/^@/);
  });
});

test('the explanation of a caller lists what they hold and how old it is', () => {
  expect(explained('{ hello }', caller({ TOTP: 10 })).caller).toEqual({
    level: 'AAL2',
    held: [
      { factor: 'PASSWORD', categories: ['KNOWLEDGE'], ageSeconds: 3600 },
      { factor: 'TOTP', categories: ['POSSESSION'], ageSeconds: 10 },
    ],
    enrolled: ['TOTP'],
    roles: [],
  });
});

test('a field that is left out by its variables is not explained', () => {
  const query = 'query ($all: Boolean!) { hello search(term: "x") @include(if: $all) }';
  expect(explained(query, caller(), { all: false }).fields).toEqual([]);
  expect(explained(query, caller(), { all: true }).fields).toHaveLength(1);
});
