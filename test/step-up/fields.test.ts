// A guard protects its field wherever and however the field is selected.
import SchemaBuilder from '@pothos/core';
import { getIntrospectionQuery, graphql } from 'graphql';
import { describe, expect, test } from 'vitest';
import { FACTOR_KINDS } from '../../src/policy/factor-kind.ts';
import { StepUpBind, StepUpRequire } from '../../src/policy/requirement.ts';
import { stepUpPlugin } from '../../src/step-up/pothos/index.ts';
import { authContextOf, type BankContext, caller, nobody } from './example-schema.ts';
import { ask } from './example-server.ts';

const stale = caller({ TOTP: 601 });
const fresh = caller({ TOTP: 10 });
const auditor = caller({ TOTP: 10 }, { roles: ['AUDITOR'] });

describe('a guard protects', () => {
  test.each<[string, string, object]>([
    ['a field', '{ client { name pin } }', { 'client.pin': 'STEP_UP_REQUIRED' }],
    [
      'every field of an object type',
      '{ papers { ... on Report { title losses } } }',
      { 'papers.1.title': 'FORBIDDEN', 'papers.1.losses': 'FORBIDDEN' },
    ],
    [
      'a field of an interface, even if the implementing type declares it without the guard',
      '{ accounts { balance } }',
      { 'accounts.0.balance': 'STEP_UP_REQUIRED', 'accounts.1.balance': 'STEP_UP_REQUIRED' },
    ],
    [
      'such a field when it is selected on the implementing type',
      '{ accounts { ... on Checking { balance } } }',
      { 'accounts.0.balance': 'STEP_UP_REQUIRED' },
    ],
    ['every field of an interface', '{ sealed { text } }', { 'sealed.0.text': 'STEP_UP_REQUIRED' }],
    [
      'the same through the implementing type',
      '{ client { testament { text heirs } } }',
      { 'client.testament.text': 'STEP_UP_REQUIRED' },
    ],
    [
      'the members of a union',
      '{ papers { ... on Leaflet { title } ... on Report { title } } }',
      { 'papers.1.title': 'FORBIDDEN' },
    ],
    [
      'each item of a list',
      '{ clients(count: 2) { pin } }',
      { 'clients.0.pin': 'STEP_UP_REQUIRED', 'clients.1.pin': 'STEP_UP_REQUIRED' },
    ],
    [
      'a field nested in a list in an object',
      '{ client { accounts { id balance } } }',
      { 'client.accounts.0.balance': 'STEP_UP_REQUIRED', 'client.accounts.1.balance': 'STEP_UP_REQUIRED' },
    ],
  ])('%s', async (_name, query, expected) => {
    expect((await ask(stale, query)).refused).toEqual(expected);
  });

  test('no field from a caller who meets it', async () => {
    const query = `{
      client { name pin testament { text heirs } accounts { balance } }
      papers { ... on Report { title losses } }
    }`;
    const { data, errors } = await ask(auditor, query);
    expect(errors).toEqual([]);
    expect(data).toEqual({
      client: {
        name: 'Ada',
        pin: '1234',
        testament: { text: 'sealed', heirs: 3 },
        accounts: [{ balance: 100 }, { balance: 200 }],
      },
      papers: [{}, { title: 'Report', losses: 7 }],
    });
  });

  test('only its own field: other fields are returned', async () => {
    const { data, status } = await ask(
      stale,
      '{ hello client { name pin } papers { ... on Leaflet { title } } }',
    );
    expect(status).toBe(200);
    expect(data).toEqual({
      hello: 'world',
      client: { name: 'Ada', pin: null },
      papers: [{ title: 'Leaflet' }, {}],
    });
  });

  test('a field together with the guard of its type: both must be met', async () => {
    const query = '{ papers { ... on Report { losses } } }';
    const staleAuditor = caller({ TOTP: 601 }, { roles: ['AUDITOR'] });
    expect((await ask(fresh, query)).refused).toEqual({ 'papers.1.losses': 'FORBIDDEN' });
    expect((await ask(staleAuditor, query)).refused).toEqual({ 'papers.1.losses': 'STEP_UP_REQUIRED' });
    expect((await ask(auditor, query)).errors).toEqual([]);
  });
});

describe('a guard that is written with Pothos', () => {
  function newBuilder() {
    const builder = new SchemaBuilder<{ Context: BankContext }>({
      plugins: [stepUpPlugin],
      stepUp: { authContext: authContextOf },
    });
    builder.enumType('FactorKind', { values: FACTOR_KINDS });
    builder.enumType('StepUpRequire', { values: Object.values(StepUpRequire) });
    builder.enumType('StepUpBind', { values: Object.values(StepUpBind) });
    builder.enumType('Role', { values: ['ADMIN'] });
    return builder;
  }
  const contextValue = { caller: () => stale, ran: [] };

  test('on a root type protects every field of the type', async () => {
    const builder = newBuilder();
    builder.queryType({
      authenticated: true,
      fields: (t) => ({ hello: t.string({ resolve: () => 'world' }) }),
    });
    builder.mutationType({ stepUp: true, fields: (t) => ({ hello: t.string({ resolve: () => 'world' }) }) });
    const schema = builder.toSchema();
    expect((await graphql({ schema, source: '{ hello }', contextValue })).errors).toBeUndefined();
    const { errors } = await graphql({ schema, source: 'mutation { hello }', contextValue });
    expect(errors?.map((one) => one.extensions['code'])).toEqual(['STEP_UP_REQUIRED']);
  });

  test.each<[string, object, object]>([
    ['by name', { cost: { weight: 5 } }, { cost: { weight: 5 }, stepUp: {} }],
    [
      'in a list',
      [{ name: 'cost', args: { weight: 5 } }],
      [
        { name: 'cost', args: { weight: 5 } },
        { name: 'stepUp', args: {} },
      ],
    ],
  ])('keeps the directives of another library, which stores them %s', async (_name, others, both) => {
    const builder = newBuilder();
    const extensions = { directives: others };
    builder.queryType({
      fields: (t) => ({ hello: t.string({ stepUp: true, extensions, resolve: () => 'world' }) }),
    });
    const schema = builder.toSchema();
    expect(schema.getQueryType()?.getFields()['hello']?.extensions['directives']).toEqual(both);
    const { errors } = await graphql({ schema, source: '{ hello }', contextValue });
    expect(errors?.map((one) => one.extensions['code'])).toEqual(['STEP_UP_REQUIRED']);
  });

  test('leaves a field without guards to other libraries', () => {
    const builder = newBuilder();
    const extensions = { directives: { tag: [{ name: 'one' }, { name: 'other' }] } };
    builder.queryType({
      fields: (t) => ({
        plain: t.string({ resolve: () => 'world' }),
        tagged: t.string({ extensions, resolve: () => 'world' }),
      }),
    });
    const { plain, tagged } = builder.toSchema().getQueryType()?.getFields() ?? {};
    expect(plain?.extensions).not.toHaveProperty('directives');
    expect(tagged?.extensions['directives']).toEqual(extensions.directives);
  });
});

describe('a guard is not bypassed by', () => {
  test.each<[string, string, object]>([
    ['an alias', '{ client { name: pin } }', { 'client.name': 'STEP_UP_REQUIRED' }],
    ['an alias like a meta field', '{ client { __type: pin } }', { 'client.__type': 'STEP_UP_REQUIRED' }],
    [
      '__typename under the guarded name',
      '{ client { pin: __typename secret: pin } }',
      { 'client.secret': 'STEP_UP_REQUIRED' },
    ],
    [
      'a named fragment',
      '{ client { ...F } } fragment F on Client { pin }',
      { 'client.pin': 'STEP_UP_REQUIRED' },
    ],
    [
      'fragments in fragments',
      '{ client { ...F } } fragment F on Client { ... { ...G } } fragment G on Client { ... on Client { pin } }',
      { 'client.pin': 'STEP_UP_REQUIRED' },
    ],
    [
      'a fragment on the interface within an object',
      '{ client { accounts { ... on Savings { ... on Account { balance } } } } }',
      { 'client.accounts.1.balance': 'STEP_UP_REQUIRED' },
    ],
    [
      'a fragment on the interface of the guarded type',
      '{ client { testament { ... on Sealed { text } } } }',
      { 'client.testament.text': 'STEP_UP_REQUIRED' },
    ],
    [
      'a fragment on another type that has a field of the name',
      '{ papers { ...F ...G } } fragment F on Leaflet { title } fragment G on Report { title }',
      { 'papers.1.title': 'FORBIDDEN' },
    ],
    [
      'selecting the field twice',
      '{ client { pin pin again: pin } }',
      { 'client.pin': 'STEP_UP_REQUIRED', 'client.again': 'STEP_UP_REQUIRED' },
    ],
  ])('%s', async (_name, query, expected) => {
    const { refused, text } = await ask(stale, query);
    expect(refused).toEqual(expected);
    expect(text).not.toMatch(/1234|sealed|"balance":\d|Report/);
  });

  test.each<[string, string | null]>([
    ['an operation of the same name', 'A'],
    ['leaving out the operation name', null],
  ])('%s', async (_name, operationName) => {
    const names = operationName === null ? ['A', 'B'] : ['A', 'A'];
    const query = `query ${names[0]} { hello } query ${names[1]} { client { pin } }`;
    const answer = await ask(stale, query, { operationName });
    expect(answer.data ?? null).toBeNull();
    expect(answer.ran).toEqual([]);
    expect(answer.errors).not.toEqual([]);
    expect(answer.status).toBe(400);
  });

  test('choosing one of several operations', async () => {
    const query = 'query A { hello } query B { client { pin } }';
    expect((await ask(stale, query, { operationName: 'A' })).refused).toEqual({});
    expect((await ask(stale, query, { operationName: 'B' })).refused).toEqual({
      'client.pin': 'STEP_UP_REQUIRED',
    });
  });

  test('a cycle of fragments, which is invalid', async () => {
    const query = '{ client { ...F } } fragment F on Client { ...G } fragment G on Client { pin ...F }';
    const { status, data, errors } = await ask(stale, query);
    expect(status).toBe(400);
    expect(data).toBeUndefined();
    expect(errors[0]?.message).toContain('Cannot spread fragment');
  });
});

describe('a guard applies exactly if its field is selected, with', () => {
  test.each<[string, string, object, boolean]>([
    ['@include(if: true)', '{ client { pin @include(if: true) } }', {}, true],
    ['@skip(if: false)', '{ client { pin @skip(if: false) } }', {}, true],
    ['@include(if: false)', '{ client { name pin @include(if: false) } }', {}, false],
    ['a variable', 'query ($on: Boolean!) { client { name pin @include(if: $on) } }', { on: true }, true],
    [
      'a variable that leaves it out',
      'query ($on: Boolean!) { client { name pin @include(if: $on) } }',
      { on: false },
      false,
    ],
    [
      'the default of a variable',
      'query ($off: Boolean = false) { client { name pin @skip(if: $off) } }',
      {},
      true,
    ],
    [
      'the default of a variable that leaves it out',
      'query ($off: Boolean = true) { client { name pin @skip(if: $off) } }',
      {},
      false,
    ],
  ])('%s', async (_name, query, variables, isRefused) => {
    const { refused } = await ask(stale, query, { variables });
    expect(refused).toEqual(isRefused ? { 'client.pin': 'STEP_UP_REQUIRED' } : {});
  });
});

test('introspection needs no sign-in', async () => {
  const { errors, data } = await ask(nobody(), getIntrospectionQuery());
  expect(errors).toEqual([]);
  expect(data.__schema.types.length).toBeGreaterThan(10);
  const named = await ask(
    nobody(),
    '{ __type(name: "Report") { name fields { name } } papers { __typename } }',
  );
  expect(named.errors).toEqual([]);
  expect(named.data.papers).toEqual([{ __typename: 'Leaflet' }, { __typename: 'Report' }]);
});

describe('an invalid argument', () => {
  const query = 'query ($term: String!) { search(term: $term) }';

  test('is reported to a caller who may use the field', async () => {
    const { errors, ran } = await ask(fresh, query, { variables: { term: 'bad' } });
    expect(errors.map((one) => one.extensions.code)).toEqual(['INTERNAL_SERVER_ERROR']);
    expect(ran).toEqual([]);
  });

  test.each([
    ['an anonymous caller', nobody(), 'UNAUTHENTICATED'],
    ['a stale session', stale, 'STEP_UP_REQUIRED'],
  ])('is not validated for %s: the response is the same as for a valid one', async (_name, who, code) => {
    const [bad, good] = [
      await ask(who, query, { variables: { term: 'bad' } }),
      await ask(who, query, { variables: { term: 'good' } }),
    ];
    expect(bad.refused).toEqual({ search: code });
    expect(bad.text).toBe(good.text);
  });
});
