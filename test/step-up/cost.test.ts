// A guard costs almost nothing on a long list: it creates no promises and decides once for all items.
import { execute, type GraphQLObjectType, type GraphQLResolveInfo, parse } from 'graphql';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { beginOperation, decisionsOf } from '../../src/step-up/decisions.ts';
import { guardsOf } from '../../src/step-up/guard.ts';
import { authContextOf, type BankContext, bankSchema, caller, nobody } from './example-schema.ts';
import { ask } from './example-server.ts';

const schema = bankSchema();
const client = schema.getType('Client') as GraphQLObjectType<unknown, BankContext>;

test('a guarded resolver returns the value itself, not a promise', () => {
  const { resolve } = client.getFields()['pin'] ?? {};
  const context = { caller: () => caller({ TOTP: 5 }), ran: [] };
  expect(resolve?.({}, {}, context, {} as GraphQLResolveInfo)).toBe('1234');
});

test('a refusal is thrown synchronously', () => {
  const { resolve } = client.getFields()['pin'] ?? {};
  const context = { caller: () => nobody(), ran: [] };
  expect(() => resolve?.({}, {}, context, {} as GraphQLResolveInfo)).toThrow('Sign in first.');
});

test.each([
  ['allowed', caller({ TOTP: 5 }), 0],
  ['refused', nobody(), 200],
])('a list of 200 guarded fields is executed synchronously: %s', (_name, who, errors) => {
  const document = parse('{ clients(count: 200) { pin } }');
  const result = execute({ schema, document, contextValue: { caller: () => who, ran: [] } });
  expect(result).not.toBeInstanceOf(Promise);
  expect(result).toMatchObject({ data: { clients: expect.any(Array) } });
  expect(('errors' in result ? result.errors : undefined) ?? []).toHaveLength(errors);
});

test.each([
  ['allowed', caller({ TOTP: 5 })],
  ['refused', caller({ TOTP: 61 })],
])('the items of a list are decided once: %s', async (_name, { authContext, ...presented }) => {
  let weighed = 0;
  const watched = {
    ...authContext,
    enrolled: authContext?.enrolled ?? [],
    roles: [],
    get evidence() {
      weighed += 1;
      return authContext?.evidence ?? [];
    },
  };
  const { data } = await ask({ ...presented, authContext: watched }, '{ clients(count: 50) { pin } }');
  expect(data.clients).toHaveLength(50);
  expect(weighed).toBe(1);
});

describe('`authContext` is called', () => {
  afterEach(() => vi.useRealTimers());

  function counted() {
    const counter = { calls: 0 };
    const find = () => {
      counter.calls += 1;
      return caller({ TOTP: 5 });
    };
    return { counter, find };
  }

  test.each([
    [
      'once for all the guarded fields of an operation',
      '{ clients(count: 50) { pin nickname } search(term: "x") }',
      1,
    ],
    ['once for a mutation, before it and within it', 'mutation { open { pin } close(term: "x") }', 1],
    ['not at all for an operation without a guarded field', '{ hello }', 0],
  ])('%s', async (_name, query, expected) => {
    const { counter, find } = counted();
    expect((await ask(find, query)).errors).toEqual([]);
    expect(counter.calls).toBe(expected);
  });

  test('again for the next operation, even with the same context', () => {
    const { counter, find } = counted();
    const guards = guardsOf(client, 'pin');
    const context = { caller: find, ran: [] };
    for (const _ of [1, 2]) {
      beginOperation(context, authContextOf);
      decisionsOf(context, authContextOf).refusal(guards);
      decisionsOf(context, authContextOf).refusal(guards);
    }
    expect(counter.calls).toBe(2);
  });

  test('again once an operation has run for a second, and not before', () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    const { counter, find } = counted();
    const decisions = beginOperation({ caller: find, ran: [] }, authContextOf);
    for (const [milliseconds, calls] of [
      [0, 1],
      [999, 1],
      [1, 2],
      [999, 2],
      [1, 3],
    ] as const) {
      vi.advanceTimersByTime(milliseconds);
      decisions.refusal(guardsOf(client, 'pin'));
      expect(counter.calls).toBe(calls);
    }
  });

  test('separately for each `authContext` function', () => {
    const guards = guardsOf(client, 'pin');
    const context = {};
    expect(beginOperation(context, () => caller({ TOTP: 5 })).refusal(guards)).toBeNull();
    expect(decisionsOf(context, () => nobody()).refusal(guards)?.refusal.code).toBe('UNAUTHENTICATED');
  });
});
