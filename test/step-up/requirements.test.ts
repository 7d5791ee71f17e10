// The requirements of an operation, before it is sent: exactly those with which it is then refused, merged into one
// step-up that meets all of them.
import fc from 'fast-check';
import { getIntrospectionQuery, parse } from 'graphql';
import { describe, expect, test } from 'vitest';
import { refuseStepUp } from '../../src/policy/decision.ts';
import { evidenceOf } from '../../src/policy/evidence.ts';
import type { FactorKind } from '../../src/policy/factor-kind.ts';
import { requirement } from '../../src/policy/requirement.ts';
import { stepUpRequirements, strictest } from '../../src/step-up/requirements.ts';
import { authContext, demand, NOW, secondFactor } from '../policy/arbitraries.ts';
import { bankSchema, caller, nobody } from './example-schema.ts';
import { ask, send } from './example-server.ts';

const schema = bankSchema();

function required(query: string, variables?: object, operationName?: string) {
  return stepUpRequirements(
    schema,
    parse(query),
    variables as Readonly<Record<string, unknown>> | undefined,
    operationName,
  );
}
const pathsOf = (...args: Parameters<typeof required>): string[] =>
  required(...args).guardedFields.map(({ path }) => path.join('.'));

/** The paths at which a caller is refused, without list indexes. */
async function refusedPaths(query: string, variables: object = {}): Promise<string[]> {
  const { errors } = await ask(nobody(), query, { variables });
  const paths = errors.map(({ path = [] }) => path.filter((one) => typeof one === 'string').join('.'));
  return [...new Set(paths)].toSorted();
}

const PIN = requirement({ maxAge: 60, accept: ['TOTP', 'BACKUP_CODE'] });

describe('the predicted requirements match the refusals, for', () => {
  test.each<[string, string, object?]>([
    ['a field', '{ hello search(term: "x") }'],
    ['every field of an object type', '{ papers { ... on Report { title losses } } }'],
    ['a field of an interface', '{ accounts { id balance } }'],
    ['every field of an interface', '{ sealed { text } }'],
    ['a field of an implementing type only', '{ accounts { ... on Savings { interest } } }'],
    ['the members of a union', '{ papers { ... on Leaflet { title } ... on Report { title } } }'],
    ['a list', '{ clients(count: 2) { name pin } }'],
    ['a nested field', '{ clients(count: 1) { accounts { balance } testament { text heirs } } }'],
    ['an alias', '{ clients(count: 1) { name: pin } }'],
    ['fragments', '{ clients(count: 1) { ...F } } fragment F on Client { ... { pin } }'],
    [
      'a field that a variable includes',
      'query ($on: Boolean!) { hello search(term: "x") @include(if: $on) }',
      { on: true },
    ],
    [
      'a field that a variable skips',
      'query ($off: Boolean!) { hello search(term: "x") @skip(if: $off) }',
      { off: true },
    ],
    ['a default', 'query ($off: Boolean = false) { hello search(term: "x") @skip(if: $off) }'],
    ['a whole mutation', 'mutation { note close(term: "x") open { pin accounts { balance } } audit }'],
    ['a mutation without refusals', 'mutation { note open { name } }'],
    ['introspection', getIntrospectionQuery()],
  ])('%s', async (_name, query, variables) => {
    expect(pathsOf(query, variables).toSorted()).toEqual(await refusedPaths(query, variables));
  });

  test('a subscription', () => {
    expect(pathsOf('subscription { alarms }')).toEqual(['alarms']);
    expect(pathsOf('subscription { clients { name pin } }')).toEqual(['clients.pin']);
  });

  test('each operation of a batch separately', async () => {
    const queries = ['{ search(term: "x") }', '{ clients(count: 1) { pin } }', '{ hello }'];
    const { text } = await send(
      nobody(),
      queries.map((query) => ({ query })),
    );
    const refused = (JSON.parse(text) as { errors?: { path: (string | number)[] }[] }[]).map((one) =>
      (one.errors ?? []).map(({ path }) => path.filter((name) => typeof name === 'string').join('.')),
    );
    expect(queries.map((query) => pathsOf(query))).toEqual(refused);
  });

  test('the named operation, and for no operation without a name', () => {
    const both = 'query A { hello } query B { search(term: "x") }';
    expect(pathsOf(both, {}, 'A')).toEqual([]);
    expect(pathsOf(both, {}, 'B')).toEqual(['search']);
    expect(pathsOf(both)).toEqual([]);
  });
});

describe('in the predicted requirements, each field', () => {
  test('lists its guards', () => {
    expect(required('{ client { pin } papers { ... on Report { losses } } }').guardedFields).toEqual([
      { path: ['client'], authenticated: true, roles: [], stepUps: [] },
      { path: ['client', 'pin'], authenticated: false, roles: [], stepUps: [PIN] },
      {
        path: ['papers', 'losses'],
        authenticated: false,
        roles: ['AUDITOR'],
        stepUps: [requirement()],
      },
    ]);
  });

  test('appears once, however many types implement its interface', () => {
    expect(required('{ accounts { balance } }').guardedFields).toEqual([
      {
        path: ['accounts', 'balance'],
        authenticated: false,
        roles: [],
        stepUps: [requirement({ maxAge: 300 })],
      },
    ]);
  });
});

describe('the merged step-up', () => {
  test('of an operation is the strictest', () => {
    const query = '{ search(term: "x") clients(count: 1) { pin nickname accounts { balance } } }';
    expect(required(query).stepUps).toEqual([PIN]);
  });

  test('is separate for proofs that are bound to the operation', () => {
    const query = 'mutation { pay(amount: 5, recipient: "Bob") payOut close(term: "x") open { pin } }';
    expect(required(query).stepUps).toEqual([
      { ...requirement({ bind: 'OPERATION', maxAge: 120, accept: ['TOTP'] }) },
      PIN,
    ]);
  });

  test('is absent if no field needs one', () => {
    expect(required('{ hello client { name } }').stepUps).toEqual([]);
  });

  test('is split if no factor is accepted by all fields', () => {
    const demands = [
      requirement({ accept: ['TOTP'], maxAge: 60 }),
      requirement({ accept: ['BACKUP_CODE', 'PHONE_CODE'] }),
      requirement({ accept: ['TOTP', 'PHONE_CODE'], maxAge: 30 }),
    ];
    expect(strictest(demands)).toEqual([
      requirement({ accept: ['TOTP'], maxAge: 30 }),
      requirement({ accept: ['BACKUP_CODE', 'PHONE_CODE'] }),
    ]);
  });

  test('does not require a factor that the user lacks if two others would meet it', () => {
    const demands = [
      requirement({ accept: ['BACKUP_CODE', 'TOTP'] }),
      requirement({ accept: ['BACKUP_CODE', 'PHONE_CODE'] }),
    ];
    expect(strictest(demands)).toEqual([requirement({ accept: ['BACKUP_CODE'] })]);
    expect(strictest(demands, ['TOTP', 'PHONE_CODE'])).toEqual(demands);
    expect(strictest(demands, ['TOTP', 'BACKUP_CODE'])).toEqual([requirement({ accept: ['BACKUP_CODE'] })]);
  });

  const demands = fc.array(demand, { maxLength: 6 });
  const held = fc.option(fc.uniqueArray(secondFactor, { minLength: 1 }), { nil: undefined });

  test('meets every field', () => {
    fc.assert(
      fc.property(authContext, demands, held, (who, asked, factors) => {
        fc.pre(strictest(asked, factors).every((one) => refuseStepUp(who, one, NOW) === null));
        expect(asked.filter((one) => refuseStepUp(who, one, NOW) !== null)).toEqual([]);
      }),
    );
  });

  test('is possible for every user who could meet each field', () => {
    fc.assert(
      fc.property(demands, fc.uniqueArray(secondFactor, { minLength: 1 }), (asked, factors) => {
        const canProve = ({ accept }: { accept: readonly FactorKind[] }): boolean =>
          accept.some((kind) => factors.includes(kind));
        fc.pre(asked.every(canProve));
        expect(strictest(asked, factors).every(canProve)).toBe(true);
      }),
    );
  });

  test('is the only one if the user has a factor that every field accepts', () => {
    fc.assert(
      fc.property(demands, secondFactor, (asked, kind) => {
        const all = asked.map((one) => ({ ...one, accept: [...new Set([...one.accept, kind])] }));
        const told = strictest(all, [kind]);
        expect(told.length).toBe(Math.min(1, asked.length));
        const proved = [evidenceOf('PASSWORD', NOW - 9), evidenceOf(kind, NOW)];
        const who = { evidence: proved, enrolled: [kind], roles: [] };
        expect(all.filter((one) => refuseStepUp(who, one, NOW) !== null)).toEqual([]);
      }),
    );
  });
});

describe('a field over HTTP accepts a proof up to `maxAge`:', () => {
  test.each([
    ['one second less than maxAge', 59, true],
    ['exactly maxAge', 60, true],
    ['one second more than maxAge', 61, false],
  ])('in a query, %s', async (_name, age, passes) => {
    const { data, refused } = await ask(caller({ TOTP: age }), '{ clients(count: 1) { pin } }');
    expect(data.clients[0].pin).toBe(passes ? '1234' : null);
    expect(refused).toEqual(passes ? {} : { 'clients.0.pin': 'STEP_UP_REQUIRED' });
  });

  test.each([
    ['one second less than maxAge', 119, true],
    ['exactly maxAge', 120, true],
    ['one second more than maxAge', 121, false],
  ])('in a mutation, %s', async (_name, age, runs) => {
    const { ran } = await ask(caller({ TOTP: age }), 'mutation { note close(term: "x") }');
    expect(ran).toEqual(runs ? ['note', 'close'] : []);
  });
});
