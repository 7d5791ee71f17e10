// A subscription does not outlive the proof or token that let it start. Each event is decided at the time of the event,
// and the first refused event ends the subscription with the refusal.
import { makeExecutableSchema } from '@graphql-tools/schema';
import { execute, type GraphQLSchema, graphql, parse, subscribe } from 'graphql';
import { createYoga } from 'graphql-yoga';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { Presented } from '../../src/step-up/auth-context.ts';
import { beginOperation } from '../../src/step-up/decisions.ts';
import { stepUpTransformer, stepUpTypeDefs } from '../../src/step-up/sdl.ts';
import { useStepUp } from '../../src/step-up/yoga.ts';
import { caller, NOW } from './example-schema.ts';

const TYPES = `
  type Item { n: Int secret: Int @stepUp(maxAge: 10) }
  type Query { n: Int @stepUp(maxAge: 10) many: [Item] }
  type Subscription {
    fresh: Int @stepUp(maxAge: 10)
    signedIn: Int @authenticated
    items: Item
    open: Int
  }
`;

interface Context {
  readonly caller: () => Presented;
}
const authContext = (context: Context): Presented => context.caller();

/** Runs `then` between one event and the next. */
let before: (n: number) => unknown = () => {};
let isClosed = false;
afterEach(() => {
  before = () => {};
  isClosed = false;
  vi.useRealTimers();
});

const source = (name: string) => ({
  async *subscribe() {
    try {
      for (let n = 1; n <= 5; n++) {
        await before(n);
        yield { [name]: name === 'items' ? { n, secret: n } : n };
      }
    } finally {
      isClosed = true;
    }
  },
});

const schema: GraphQLSchema = stepUpTransformer({ authContext })(
  makeExecutableSchema({
    typeDefs: [stepUpTypeDefs(), TYPES],
    resolvers: {
      Query: { n: () => 1 },
      Subscription: Object.fromEntries(
        ['fresh', 'signedIn', 'items', 'open'].map((name) => [name, source(name)]),
      ),
    },
  }),
);

interface Event {
  readonly data?: Readonly<Record<string, unknown>> | null;
  readonly errors?: readonly { readonly extensions: Readonly<Record<string, unknown>> }[];
}

async function open(document: string, contextValue: Context): Promise<AsyncIterableIterator<Event>> {
  const opened = await subscribe({ schema, document: parse(document), contextValue });
  if (!(Symbol.asyncIterator in opened)) throw new Error('It did not begin.');
  return opened as AsyncIterableIterator<Event>;
}

/** The value of each event, or the code of its refusal. */
async function events(document: string, contextValue: Context): Promise<unknown[]> {
  const seen: unknown[] = [];
  for await (const event of await open(document, contextValue)) {
    const [error] = event.errors ?? [];
    seen.push(error === undefined ? Object.values(event.data ?? {})[0] : error.extensions['code']);
  }
  return seen;
}

describe('a subscription ends with a refusal', () => {
  test('when the proof is too old', async () => {
    let now = NOW;
    before = () => (now += 4);
    const ageing = { ...caller({ TOTP: 0 }), now };
    const who = { caller: () => ({ ...ageing, now }) };
    expect(await events('subscription { fresh }', who)).toEqual([1, 2, 'STEP_UP_REQUIRED']);
    expect(isClosed).toBe(true);
  });

  test('when the token has expired', async () => {
    let now = NOW;
    before = () => (now += 4);
    const who = { caller: () => ({ ...caller(), now, expiresAt: NOW + 10 }) };
    expect(await events('subscription { signedIn }', who)).toEqual([1, 2, 'UNAUTHENTICATED']);
  });

  test('even if its context keeps returning the time at which it was made', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    const frozen = { ...caller({ TOTP: 0 }), expiresAt: NOW + 14 };
    before = () => vi.advanceTimersByTime(4000);
    expect(await events('subscription { fresh }', { caller: () => frozen })).toEqual([
      1,
      2,
      'STEP_UP_REQUIRED',
    ]);
    const other = { ...frozen };
    expect(await events('subscription { signedIn }', { caller: () => other })).toEqual([
      1,
      2,
      3,
      'UNAUTHENTICATED',
    ]);
  });

  test('when the session has ended', async () => {
    let isOver = false;
    before = (n) => (isOver = n === 3);
    const lives: Presented = {
      ...caller(),
      again: async () => (isOver ? { ...lives, authContext: null } : lives),
    };
    const who = { caller: () => lives };
    expect(await events('subscription { signedIn }', who)).toEqual([1, 2, 'UNAUTHENTICATED']);
  });

  test.each<[string, () => Promise<Presented>]>([
    ['cannot find out who is asking', () => Promise.reject(new Error('no answer'))],
    ['returns nothing', async () => undefined as never],
  ])('when the server %s', async (_name, again) => {
    const lost: Presented = { ...caller(), again };
    const seen = [];
    for await (const event of await open('subscription { signedIn }', { caller: () => lost }))
      seen.push(event);
    expect(seen).toMatchObject([{ data: { signedIn: null }, errors: [expect.anything()] }]);
    expect(isClosed).toBe(true);
  });

  test('even if its source does not close', async () => {
    const never = { ...caller(), again: async () => ({ ...caller(), authContext: null }) };
    const stuck = makeExecutableSchema({
      typeDefs: [stepUpTypeDefs(), TYPES],
      resolvers: {
        Subscription: {
          signedIn: {
            subscribe: () => ({
              next: async () => ({ done: false, value: { signedIn: 1 } }),
              return: () => new Promise(() => {}),
              [Symbol.asyncIterator]() {
                return this;
              },
            }),
          },
        },
      },
    });
    const opened = await subscribe({
      schema: stepUpTransformer({ authContext })(stuck),
      document: parse('subscription { signedIn }'),
      contextValue: { caller: () => never },
    });
    const seen = [];
    for await (const event of opened as AsyncIterable<Event>)
      seen.push(event.errors?.[0]?.extensions['code']);
    expect(seen).toEqual(['UNAUTHENTICATED']);
  });

  test('over HTTP, in the last event of a complete stream', async () => {
    let now = NOW;
    before = () => (now += 4);
    const proved = caller({ TOTP: 0 });
    const yoga = createYoga<Context>({ schema, plugins: [useStepUp(authContext)], logging: false });
    const response = await yoga.fetch(
      'http://bank.test/graphql',
      {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
        body: JSON.stringify({ query: 'subscription { fresh }' }),
      },
      { caller: () => ({ ...proved, now }) },
    );
    const text = await response.text();
    expect(text.match(/^data: \{.*$/gm)?.map((line) => JSON.parse(line.slice(6)))).toMatchObject([
      { data: { fresh: 1 } },
      { data: { fresh: 2 } },
      { data: { fresh: null }, errors: [{ extensions: { code: 'STEP_UP_REQUIRED', maxAge: 10 } }] },
    ]);
    expect(text).toContain('event: complete');
  });
});

describe('a subscription continues', () => {
  test('while the caller renews the proof in time', async () => {
    let now = NOW;
    before = () => (now += 8);
    const who = { caller: () => ({ ...caller({ TOTP: NOW - now + 3 }), now }) };
    expect(await events('subscription { fresh }', who)).toEqual([1, 2, 3, 4, 5]);
  });

  test('if only a field of its events is guarded, and that field is refused', async () => {
    let now = NOW;
    before = () => (now += 4);
    const ageing = caller({ TOTP: 0 });
    const who = { caller: () => ({ ...ageing, now }) };
    expect(await events('subscription { items { secret } }', who)).toEqual([
      { secret: 1 },
      { secret: 2 },
      'STEP_UP_REQUIRED',
      'STEP_UP_REQUIRED',
      'STEP_UP_REQUIRED',
    ]);
  });

  test('and such a field is refused once the session has ended', async () => {
    let isOver = false;
    before = (n) => (isOver = n === 3);
    const lives: Presented = {
      ...caller({ TOTP: 0 }),
      again: async () => (isOver ? { ...lives, authContext: null } : lives),
    };
    const seen = await events('subscription { items { n secret } }', { caller: () => lives });
    expect(seen.slice(0, 3)).toEqual([{ n: 1, secret: 1 }, { n: 2, secret: 2 }, 'UNAUTHENTICATED']);
  });

  test('to its end without a refusal, even if the caller would be refused by then', async () => {
    const lapsed = { ...caller(), expiresAt: NOW };
    const who = { caller: () => (isClosed ? lapsed : caller()) };
    expect(await events('subscription { signedIn }', who)).toEqual([1, 2, 3, 4, 5]);
  });

  test('for every caller if nothing is guarded, without calling `authContext`', async () => {
    let asked = 0;
    const who = { caller: () => ({ ...caller(), now: ++asked }) };
    expect(await events('subscription { open }', who)).toEqual([1, 2, 3, 4, 5]);
    expect(asked).toBe(0);
  });
});

test('a client that leaves closes the source at once, without waiting for its next event', async () => {
  const opened = await open('subscription { signedIn }', { caller: () => caller() });
  expect((await opened.next()).value).toMatchObject({ data: { signedIn: 1 } });
  await opened.return?.();
  expect(isClosed).toBe(true);
  expect((await opened.next()).done).toBe(true);
});

describe('a decision is not reused in the same context for', () => {
  test('an event of a subscription, when another operation has started', async () => {
    let now = NOW;
    const proved = caller({ TOTP: 0 });
    const context = { caller: () => ({ ...proved, now }) };
    beginOperation(context, authContext, true);
    const run = () => graphql({ schema, source: '{ n }', contextValue: context });
    expect((await run()).data).toEqual({ n: 1 });
    before = () => (now += 4);
    expect(await events('subscription { fresh }', context)).toEqual([1, 2, 'STEP_UP_REQUIRED']);
  });

  test('later parts of a long query', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    const proved = caller({ TOTP: 0 });
    const context = { caller: () => proved };
    beginOperation(context, authContext);
    const rootValue = {
      many: () =>
        Array.from({ length: 4 }, () => ({
          n: () => vi.advanceTimersByTime(4000) && 1,
          secret: 1,
        })),
    };
    const document = parse('{ many { n secret } }');
    const { data } = await execute({ schema, document, rootValue, contextValue: context });
    const { many } = data as { many: { secret: unknown }[] };
    expect(many.map((one) => one.secret)).toEqual([1, 1, 1, null]);
  });

  test('another operation on a connection that outlives its token', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    const connection = { ...caller({ TOTP: 0 }), expiresAt: NOW + 600 };
    const ask = async () => {
      const context = { caller: () => connection };
      const { errors = [] } = await graphql({ schema, source: '{ n }', contextValue: context });
      return errors.map((one) => one.extensions['code']);
    };
    expect(await ask()).toEqual([]);
    vi.advanceTimersByTime(11_000);
    expect(await ask()).toEqual(['STEP_UP_REQUIRED']);
    vi.advanceTimersByTime(600_000);
    expect(await ask()).toEqual(['UNAUTHENTICATED']);
  });
});
