// A guard costs almost nothing on a long list: it creates no promises and decides once for all items.
import {
  type ExecutionResult,
  execute,
  type GraphQLObjectType,
  type GraphQLResolveInfo,
  parse,
} from 'graphql';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { Presented } from '../../src/step-up/auth-context.ts';
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

describe('without a plugin', () => {
  const document = parse('{ clients(count: 50) { pin nickname } }');
  const counted = (who: () => Presented) => {
    let calls = 0;
    const context = Object.freeze({ caller: () => (calls++, who()), ran: [] });
    return { context, calls: () => calls };
  };
  const run = (contextValue: unknown) => execute({ schema, document, contextValue }) as ExecutionResult;

  test('the fields of a query ask once who is asking, even if the context is frozen', () => {
    const { context, calls } = counted(() => caller({ TOTP: 5 }));
    expect(run(context).errors).toBeUndefined();
    expect(calls()).toBe(1);
  });

  test('the same document asks again when it is executed again with the same context', () => {
    let who = caller({ TOTP: 5 });
    const { context, calls } = counted(() => who);
    expect(run(context).errors).toBeUndefined();
    who = nobody();
    expect(run(context).errors).toHaveLength(100);
    who = caller({ TOTP: 5 });
    expect(run(context).errors).toBeUndefined();
    expect(calls()).toBe(3);
  });

  test('a context passes nobody else, however the fields of two callers alternate', () => {
    const { resolve } = client.getFields()['pin'] ?? {};
    const operation = { operation: 'query' };
    const infoOf = () => ({ operation, variableValues: {} }) as unknown as GraphQLResolveInfo;
    const [allowed, refused] = [counted(() => caller({ TOTP: 5 })), counted(() => nobody())];
    const [one, other] = [infoOf(), infoOf()];
    for (let field = 0; field < 200; field++) {
      expect(resolve?.({}, {}, allowed.context, one)).toBe('1234');
      expect(() => resolve?.({}, {}, refused.context, other)).toThrow('Sign in first.');
    }
    expect([allowed.calls(), refused.calls()]).toEqual([1, 1]);
    // An executor might use one object of variables for all.
    for (const _ of [1, 2]) {
      expect(resolve?.({}, {}, allowed.context, one)).toBe('1234');
      expect(() => resolve?.({}, {}, refused.context, one)).toThrow('Sign in first.');
    }
  });

  test('a mutation decides each of its fields, because one of them may sign the user out', () => {
    const ran: string[] = [];
    const contextValue = { caller: () => (ran.includes('note') ? nobody() : caller({ TOTP: 5 })), ran };
    const document = parse('mutation { open { pin } note again: open { pin } }');
    expect(execute({ schema, document, contextValue })).toMatchObject({
      data: { open: { pin: '1234' }, note: 'noted', again: { pin: null } },
      errors: [{ path: ['again', 'pin'] }],
    });
  });

  test('a query that waits is decided again after a second', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    let who = caller({ TOTP: 5 });
    const { context } = counted(() => who);
    const { resolve } = client.getFields()['pin'] ?? {};
    const info = { operation: { operation: 'query' }, variableValues: {} } as unknown as GraphQLResolveInfo;
    const pass = () => resolve?.({}, {}, context, info);
    for (let field = 0; field < 100; field++) expect(pass()).toBe('1234');
    await Promise.resolve();
    who = nobody();
    vi.advanceTimersByTime(999);
    expect(pass()).toBe('1234');
    vi.advanceTimersByTime(1);
    expect(pass).toThrow('Sign in first.');
    vi.useRealTimers();
  });

  test('a query that computes for long is decided again after a second, too', () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    let who = caller({ TOTP: 5 });
    const { context } = counted(() => who);
    const { resolve } = client.getFields()['pin'] ?? {};
    const info = { operation: { operation: 'query' }, variableValues: {} } as unknown as GraphQLResolveInfo;
    const pass = () => resolve?.({}, {}, context, info);
    for (let field = 0; field < 500; field++) expect(pass()).toBe('1234');
    who = nobody();
    vi.advanceTimersByTime(1000);
    expect(() => Array.from({ length: 65 }, pass)).toThrow('Sign in first.');
    expect(pass).toThrow('Sign in first.');
    vi.useRealTimers();
  });
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
