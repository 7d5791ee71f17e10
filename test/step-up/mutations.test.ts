// A mutation is refused as a whole, before any of its fields runs, so that it is never half done.
import { graphql } from 'graphql';
import { describe, expect, test } from 'vitest';
import type { Presented } from '../../src/step-up/auth-context.ts';
import { bankSchema, caller, NOW, nobody } from './example-schema.ts';
import { ask, bankServer, send } from './example-server.ts';

const stale = caller({ TOTP: 601 }, { roles: ['AUDITOR'] });
const fresh = caller({ TOTP: 10 });

describe('a mutation is refused as a whole when the guarded field is', () => {
  test.each<[string, string, readonly string[]]>([
    ['the only one', 'mutation { close(term: "x") }', ['close']],
    ['the last one', 'mutation { note open { name } close(term: "x") }', ['close']],
    ['aliased', 'mutation { note shut: close(term: "x") }', ['shut']],
    ['in the payload', 'mutation { note open { name pin } }', ['open.pin']],
    ['deep in the payload', 'mutation { open { accounts { balance } } }', ['open.accounts.balance']],
    ['in an inline fragment', 'mutation { note ... { ... on Mutation { close(term: "x") } } }', ['close']],
    [
      'in named fragments',
      'mutation { ...M } fragment M on Mutation { note open { ...C } } fragment C on Client { pin }',
      ['open.pin'],
    ],
    ['declared by an interface', 'mutation { openAccount { balance } }', ['openAccount.balance']],
    [
      'selected on a type that implements the interface',
      'mutation { openAccount { ... on Savings { interest balance } } }',
      ['openAccount.balance'],
    ],
    [
      'in a fragment on the interface',
      'mutation { openAccount { ...A } } fragment A on Account { id balance }',
      ['openAccount.balance'],
    ],
    [
      'on a member of a union that this run would not return',
      'mutation { print { ... on Leaflet { title } ... on Report { losses } } }',
      ['print.losses'],
    ],
    ['in the second selection of a field', 'mutation { open { name } open { pin } }', ['open.pin']],
    [
      'twice in one fragment',
      'mutation { open { ...C } again: open { accounts { id } ...C } } fragment C on Client { pin }',
      ['open.pin'],
    ],
    ['guarded twice, in two places', 'mutation { close(term: "x") open { pin } }', ['close', 'open.pin']],
  ])('%s', async (_name, query, paths) => {
    const { ran, data, errors, status } = await ask(stale, query);
    expect(ran).toEqual([]);
    expect(data).toBeUndefined();
    expect(errors.map((one) => one.path?.join('.'))).toEqual(paths);
    expect(status).toBe(401);
  });

  test('and each refusal has the location of its field in the document', async () => {
    const { text } = await ask(stale, 'mutation {\n  note\n  close(term: "x")\n}');
    expect(JSON.parse(text).errors[0].locations).toEqual([{ line: 3, column: 3 }]);
  });
});

describe('a mutation runs', () => {
  test.each<[string, string, Presented, readonly string[]]>([
    [
      'without a guarded field, for every caller',
      'mutation { note open { name } }',
      nobody(),
      ['note', 'open'],
    ],
    ['for a caller who meets its guards', 'mutation { note close(term: "x") }', fresh, ['note', 'close']],
    [
      'completely and in order',
      'mutation { a: note close(term: "x") b: note }',
      fresh,
      ['note', 'close', 'note'],
    ],
    [
      'when the guarded field is on a type that is impossible there',
      'mutation { openAccount { ... on Checking { ... on Account { ... on Savings { interest } } id } } }',
      nobody(),
      ['openAccount'],
    ],
  ])('%s', async (_name, query, who, expected) => {
    const { ran, errors, status } = await ask(who, query);
    expect(errors).toEqual([]);
    expect(ran).toEqual(expected);
    expect(status).toBe(200);
  });
});

describe('a guarded field counts exactly if it may be included:', () => {
  const directives = (on: string) =>
    `mutation ($on: Boolean${on}) { note open { name pin @include(if: $on) } }`;
  const skipped = 'mutation ($off: Boolean = true) { note close(term: "x") @skip(if: $off) }';

  test.each<[string, string, object | undefined, boolean]>([
    ['@include(if: false)', 'mutation { note open { pin @include(if: false) name } }', undefined, true],
    ['@skip(if: true)', 'mutation { note close(term: "x") @skip(if: true) }', undefined, true],
    ['@skip on a fragment', 'mutation { note ... @skip(if: true) { close(term: "x") } }', undefined, true],
    [
      '@skip on one of two spreads of a fragment',
      'mutation { note ...M @skip(if: true) ...M } fragment M on Mutation { close(term: "x") }',
      undefined,
      false,
    ],
    [
      '@skip and @include, one of which excludes it',
      'mutation { note close(term: "x") @skip(if: false) @include(if: false) }',
      undefined,
      true,
    ],
    ['a variable that is false', directives('!'), { on: false }, true],
    ['a variable that is true', directives('!'), { on: true }, false],
    ['a default that is false', directives(' = false'), {}, true],
    ['a default that is true', directives(' = true'), {}, false],
    ['a default that is overridden to exclude it', directives(' = true'), { on: false }, true],
    ['a default that is overridden to include it', directives(' = false'), { on: true }, false],
    ['@skip by a default', skipped, undefined, true],
    ['@skip by a default that is overridden', skipped, { off: false }, false],
    ['a variable that is missing', directives('!'), {}, false],
    ['a variable of another type', directives('!'), { on: 'false' }, false],
    ['a default that is overridden with null', directives(' = false'), { on: null }, false],
    [
      'a default of a variable named like a property of every object',
      'mutation ($valueOf: Boolean = true) { note close(term: "x") @skip(if: $valueOf) }',
      {},
      true,
    ],
  ])('%s', async (_name, query, variables, runs) => {
    const { ran, errors } = await ask(stale, query, variables === undefined ? {} : { variables });
    expect(ran.length > 0).toBe(runs);
    expect(errors.map((one) => one.extensions.code)).toEqual(runs ? [] : ['STEP_UP_REQUIRED']);
  });
});

describe('the refusal of a mutation is not bypassed by', () => {
  const both = 'query Q { hello } mutation M { note close(term: "x") }';

  test.each<[string, string | null | undefined]>([
    ['naming it among others', 'M'],
    ['omitting the operation name', undefined],
    ['an empty operation name', ''],
    ['null as the operation name', null],
    ['naming an operation that does not exist', 'X'],
  ])('%s', async (_name, operationName) => {
    const { ran, data } = await ask(stale, both, { operationName: operationName as string });
    expect(ran).toEqual([]);
    expect(data ?? null).toBeNull();
  });

  test('an empty operation name when it is the only one', async () => {
    const { ran } = await ask(stale, 'mutation { note close(term: "x") }', { operationName: '' });
    expect(ran).toEqual([]);
  });

  test('invalid arguments, which are not reported before the refusal', async () => {
    const query = 'mutation ($term: String!) { note close(term: $term) }';
    const answers = await Promise.all(
      [{ term: 'good' }, { term: 'bad' }, { term: 5 }, { term: { secret: 1 } }, {}, { term: null }].map(
        (variables) => ask(nobody(), query, { variables }),
      ),
    );
    expect(answers.map((one) => one.refused)).toEqual(answers.map(() => ({ close: 'UNAUTHENTICATED' })));
    expect(new Set(answers.map((one) => one.text)).size).toBe(1);
  });

  test('a batch, whose operations are decided separately', async () => {
    const { text, ran } = await send(stale, [
      { query: 'mutation { note }' },
      { query: 'mutation { close(term: "x") note }' },
      { query: 'mutation { open { pin } }' },
    ]);
    const codes = JSON.parse(text).map((one: { errors?: { extensions: { code: string } }[] }) =>
      one.errors?.map((error) => error.extensions.code),
    );
    expect(codes).toEqual([undefined, ['STEP_UP_REQUIRED'], ['STEP_UP_REQUIRED']]);
    expect(ran).toEqual(['note']);
  });

  test('a slow field, and an accepted mutation is not refused halfway', async () => {
    let now = NOW;
    const onTheEdge = { ...caller({ TOTP: 120 }) };
    const slow = bankServer({
      after: {
        onExecute({ setExecuteFn, executeFn }) {
          setExecuteFn((args) => {
            now += 1; // the operation takes a while to start
            return executeFn(args);
          });
        },
      },
    });
    const { ran, errors } = await ask(() => ({ ...onTheEdge, now }), 'mutation { note close(term: "x") }', {
      server: slow,
    });
    expect(now).toBe(NOW + 1);
    expect(errors).toEqual([]);
    expect(ran).toEqual(['note', 'close']);
  });
});

test('a query is not refused as a whole', async () => {
  const { data, ran, refused, status } = await ask(stale, '{ hello search(term: "x") }');
  expect(refused).toEqual({ search: 'STEP_UP_REQUIRED' });
  expect(data).toEqual({ hello: 'world', search: null });
  expect(ran).toEqual(['hello']);
  expect(status).toBe(200);
});

test('without the Yoga plugin a mutation is still refused field by field', async () => {
  const ran: string[] = [];
  const { data, errors } = await graphql({
    schema: bankSchema(),
    source: 'mutation { note close(term: "x") }',
    contextValue: { caller: () => stale, ran },
  });
  expect(data).toEqual({ note: 'noted', close: null });
  expect(errors?.map((one) => one.extensions['code'])).toEqual(['STEP_UP_REQUIRED']);
  expect(ran).toEqual(['note']);
});
