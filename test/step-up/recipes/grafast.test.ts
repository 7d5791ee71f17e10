// The recipe for Grafast in docs/step-up.md: a schema with plans passes the conformance suite, and nothing plans a field that the
// caller may not use.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  constant,
  execute,
  get,
  lambda,
  listen,
  makeGrafastSchema,
  type Step,
  sideEffect,
  subscribe,
} from 'grafast';
import { type ExecutionResult, type GraphQLSchema, parse } from 'graphql';
import { createYoga, type Plugin } from 'graphql-yoga';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { assertGuarded } from '../../../src/step-up/assert-guarded.ts';
import type { Presented } from '../../../src/step-up/auth-context.ts';
import type { ConformanceSuite } from '../../../src/step-up/conformance/index.ts';
import { guardedExecutor, guardPlans } from '../../../src/step-up/grafast/index.ts';
import { stepUpTransformer, stepUpTypeDefs } from '../../../src/step-up/sdl.ts';
import { UnguardedError } from '../../../src/step-up/unguarded-error.ts';
import { useStepUp } from '../../../src/step-up/yoga.ts';
import { conformanceSuite, conforms } from './conforms.ts';

interface Context {
  readonly presented: Presented;
}
const authContext = ({ presented }: Context): Presented => presented;

/** The bank with plans instead of resolvers. */
function bank({ typeDefs, resolvers, subscriptions }: ConformanceSuite): GraphQLSchema {
  const plansOf = (type: string, step: typeof lambda | typeof sideEffect) =>
    Object.fromEntries(
      Object.entries(resolvers[type] ?? {}).map(([name, resolve]) => [
        name,
        (_: Step, args: { getRaw(): Step }) =>
          step(args.getRaw() as never, (given: object) => resolve(null, given as never)),
      ]),
    );
  const abstract = {
    planType: ($source: Step) => ({
      $__typename: get($source, '__typename' as never),
      planForType: () => $source,
    }),
  };
  const events = Object.fromEntries(
    Object.entries(subscriptions.resolvers['Subscription'] ?? {}).map(([name, { subscribe }]) => [
      name,
      {
        subscribePlan: () => listen({ subscribe: () => subscribe(null, {}) } as never, constant('topic')),
        plan: ($event: Step) => get($event, name as never),
      },
    ]),
  );
  return makeGrafastSchema({
    typeDefs: stepUpTypeDefs() + typeDefs + subscriptions.typeDefs,
    objects: {
      Query: { plans: plansOf('Query', lambda) },
      Mutation: { plans: plansOf('Mutation', sideEffect) },
      Subscription: { plans: events },
    },
    interfaces: { Account: abstract, Sealed: abstract },
    unions: { Paper: abstract },
  });
}

const executor = guardedExecutor({ execute, subscribe }, { authContext });
const useGrafast: Plugin = {
  onExecute: ({ setExecuteFn }) => setExecuteFn(executor.execute as never),
  onSubscribe: ({ setSubscribeFn }) => setSubscribeFn(executor.subscribe as never),
};

const suite = conformanceSuite();
const planned = bank(suite);
const schema = guardPlans(planned, { authContext });
const context = ({ request }: { request: Request }): Context => ({
  presented: suite.present(request.headers.get('x-caller')),
});
const yoga = createYoga<object, Context>({
  schema,
  context,
  plugins: [useStepUp(authContext), useGrafast],
  batching: true,
  logging: false,
});
const server = createServer((request, response) => void yoga(request, response, {}));
beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)));
afterAll(() => new Promise((resolve) => server.close(resolve)));

conforms(suite, () => `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`, {
  streams: true,
});

/** Who has not proved a second factor, and who has. */
const weak = { presented: suite.present('weak') };
const fresh = { presented: suite.present('fresh') };

const ran: string[] = [];
const plan =
  (name: string, value: unknown = name, step: typeof lambda | typeof sideEffect = lambda) =>
  () =>
    step(constant(1) as never, () => {
      ran.push(name);
      return value;
    });

/** Guarded fields with plans: of null, of a type that cannot be null, behind an interface, and of a mutation. */
const vault = (): GraphQLSchema =>
  makeGrafastSchema({
    typeDefs: `${stepUpTypeDefs()}
      interface Thing { id: ID secret: String }
      type Safe implements Thing { id: ID secret: String @stepUp needed: String! @stepUp }
      type Box implements Thing { id: ID secret: String }
      type Query { open: String nothing: String @stepUp safe: Safe things: [Thing] }
      type Mutation { note: String pay: String @stepUp }`,
    objects: {
      Query: {
        plans: {
          open: plan('open'),
          nothing: plan('nothing', null),
          safe: plan('safe', { __typename: 'Safe', id: 's', secret: 'gold', needed: 'x' }),
          things: plan('things', [
            { __typename: 'Safe', id: 's', secret: 'gold' },
            { __typename: 'Box', id: 'b', secret: 'socks' },
          ]),
        },
      },
      Mutation: { plans: { note: plan('note', 'n', sideEffect), pay: plan('pay', 'p', sideEffect) } },
    },
    interfaces: {
      Thing: {
        planType: ($source: Step) => ({
          $__typename: get($source, '__typename' as never),
          planForType: () => $source,
        }),
      },
    },
  });

async function ask(contextValue: Context, source: string) {
  ran.length = 0;
  const document = parse(source);
  const { data, errors = [] } = await executor.execute({ schema: safe, document, contextValue });
  const refused = errors.map((one) => [one.path?.join('.'), one.extensions['code']]);
  return { data: JSON.parse(JSON.stringify(data ?? null)), refused };
}
const safe = guardPlans(vault(), { authContext });

describe('a schema with plans', () => {
  test.each([
    ['stepUpTransformer', () => stepUpTransformer({ authContext })(vault())],
    ['the check of a server', () => assertGuarded(vault())],
    ['the plugin for Yoga', () => useStepUp(authContext).onSchemaChange({ schema: vault() })],
  ])('is refused by %s, because a plan runs before the guard of a resolver', (_name, start) => {
    expect(start).toThrow(UnguardedError);
    expect(start).toThrow(/guardPlans/);
  });

  test('passes the check once its plans are guarded, and may be transformed again', () => {
    expect(() => assertGuarded(safe)).not.toThrow();
    expect(() => assertGuarded(stepUpTransformer({ authContext })(safe))).not.toThrow();
  });

  test('fails the check when a guard is added later', () => {
    const later = guardPlans(vault(), { authContext });
    const field = later.getQueryType()?.getFields()['nothing'];
    if (field === undefined) throw new Error('No field.');
    field.extensions = { ...field.extensions, directives: { requiresRole: { role: 'ADMIN' } } };
    expect(() => assertGuarded(later)).toThrow(UnguardedError);
  });
});

describe('an executor that does not ask the guards', () => {
  test.each(['{ open nothing }', 'mutation { note pay }'])('plans no guarded field: %s', async (source) => {
    ran.length = 0;
    const document = parse(source);
    const result = await execute({ schema: safe, document, contextValue: fresh });
    const { data, errors = [] } = result as ExecutionResult;
    expect(Object.values(data ?? {})[1]).toBeNull();
    expect(errors[0]?.message).toMatch(/guardedExecutor/);
    expect(ran).toEqual(expect.not.arrayContaining(['nothing', 'pay']));
  });

  test('gets no plan that was made for somebody who may use the field', async () => {
    const document = parse('{ nothing safe { secret } }');
    await executor.execute({ schema: safe, document, contextValue: fresh });
    const { data } = (await execute({ schema: safe, document, contextValue: weak })) as {
      data: object;
    };
    expect(JSON.stringify(data)).not.toContain('gold');
  });
});

describe('of a refused field', () => {
  test('nothing runs, and a value that is null is refused like any other', async () => {
    expect(await ask(weak, '{ open nothing }')).toEqual({
      data: { open: 'open', nothing: null },
      refused: [['nothing', 'STEP_UP_REQUIRED']],
    });
    expect(ran).toEqual(['open']);
  });

  test('no mutation writes', async () => {
    expect((await ask(weak, 'mutation { note pay }')).refused).toEqual([['pay', 'STEP_UP_REQUIRED']]);
    expect(ran).toEqual([]);
    expect((await ask(fresh, 'mutation { note pay }')).data).toEqual({ note: 'n', pay: 'p' });
  });

  test('the parent is null if the field cannot be', async () => {
    expect(await ask(weak, '{ open safe { id needed } }')).toEqual({
      data: { open: 'open', safe: null },
      refused: [['safe.needed', 'STEP_UP_REQUIRED']],
    });
  });

  test('other types of the same interface are not affected, whatever the client calls their fields', async () => {
    const refused = [['things.0.secret', 'STEP_UP_REQUIRED']];
    expect(await ask(weak, '{ things { secret id } }')).toEqual({
      data: {
        things: [
          { secret: null, id: 's' },
          { secret: 'socks', id: 'b' },
        ],
      },
      refused,
    });
    const forged = await ask(weak, '{ things { __stepgateTypeName: id secret } }');
    expect(JSON.stringify(forged.data)).not.toContain('gold');
    expect(forged.refused).toEqual(refused);
  });

  test('the order of the response is that of the document', async () => {
    const { data } = await ask(weak, '{ open safe { secret __typename id } nothing }');
    expect(JSON.stringify(data)).toBe(
      '{"open":"open","safe":{"secret":null,"__typename":"Safe","id":"s"},"nothing":null}',
    );
  });
});

test('one document is decided anew for each caller', async () => {
  const source = '{ safe { secret } }';
  const document = parse(source);
  const secret = async (contextValue: Context) => {
    const { data } = await executor.execute({ schema: safe, document, contextValue });
    return (data as { safe: { secret: unknown } }).safe.secret;
  };
  expect([await secret(fresh), await secret(weak), await secret(fresh)]).toEqual(['gold', null, 'gold']);
});
