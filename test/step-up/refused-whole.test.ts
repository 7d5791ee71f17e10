// A mutation that is refused as a whole consumes no proof, and its refusal says that no part of it has run, because a
// client cannot tell that from the response of every server.
import { makeExecutableSchema } from '@graphql-tools/schema';
import { parse } from 'graphql';
import { createYoga } from 'graphql-yoga';
import { describe, expect, test } from 'vitest';
import { demandsOf } from '../../src/client/refusal.ts';
import type { Presented } from '../../src/step-up/auth-context.ts';
import { refuseMutation } from '../../src/step-up/refuse-mutation.ts';
import { stepUpTypeDefs } from '../../src/step-up/sdl.ts';
import { UnguardedError } from '../../src/step-up/unguarded-error.ts';
import { useStepUp } from '../../src/step-up/yoga.ts';
import { authContextOf, type BankContext, bankSchema, caller, nobody } from './example-schema.ts';
import { ask, bankServer, SPEC, send } from './example-server.ts';

const fresh = caller({ TOTP: 5 });
const PAY = 'pay(amount: 5, recipient: "Bob")';

describe('a proof that is bound to an operation', () => {
  /** A bank whose caller always has a proof, and the requirements for which one was consumed. */
  function banking(used: string[] = []) {
    const consumeProof = async (_context: unknown, digest: string) => used.push(digest) > 0;
    return { used, server: bankServer({ consumeProof }) };
  }

  test('is consumed by the operation, which then runs', async () => {
    const { used, server } = banking();
    expect((await ask(fresh, `mutation { ${PAY} }`, { server })).ran).toEqual(['pay 5 to Bob']);
    expect(used).toHaveLength(1);
  });

  test.each([
    ['a missing role', 'audit', fresh],
    ['a stale proof of the session', 'close(term: "x")', caller({ TOTP: 121 })],
    ['a missing role on another bound field', 'payOut', fresh],
    ['a field in its payload', 'open { pin }', caller({ TOTP: 61 })],
  ])('is not consumed by a mutation that is refused for %s', async (_what, other, who) => {
    for (const query of [`mutation { ${PAY} ${other} }`, `mutation { ${other} ${PAY} }`]) {
      const { used, server } = banking();
      const { ran, errors } = await ask(who, query, { server });
      expect(errors.length).toBeGreaterThan(0);
      expect({ ran, used }).toEqual({ ran: [], used: [] });
    }
  });

  test.each([`mutation { ${PAY} }`, '{ vault }', 'mutation { payOut }'])(
    'is not consumed for an anonymous caller, even if the server would accept it: %s',
    async (query) => {
      const { used, server } = banking();
      const { ran, errors } = await ask(nobody(), query, { server });
      expect(errors.map((one) => one.extensions.code)).toEqual(['UNAUTHENTICATED']);
      expect({ ran, used }).toEqual({ ran: [], used: [] });
    },
  );

  test('is consumed by its field in a query, even if other fields are refused', async () => {
    const { used, server } = banking();
    const { data, refused } = await ask(fresh, '{ vault papers { ... on Report { losses } } }', { server });
    expect(data.vault).toBe('gold');
    expect(refused).toEqual({ 'papers.1.losses': 'FORBIDDEN' });
    expect(used).toHaveLength(1);
  });

  test('does not open another operation that runs with the same context', async () => {
    const waiting: (() => void)[] = [];
    const consumeProof = (_context: unknown, digest: string) =>
      new Promise<boolean>((resolve) => {
        waiting.push(() => resolve(digests.indexOf(digest) === 0));
        digests.push(digest);
        if (waiting.length === 2) for (const go of waiting) go();
      });
    const digests: string[] = [];
    const server = bankServer({ consumeProof });
    const context: BankContext = { caller: () => fresh, ran: [] };
    const run = (amount: number) =>
      server.fetch(
        'http://bank.test/graphql',
        {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ query: `mutation { pay(amount: ${amount}, recipient: "Bob") }` }),
        },
        context,
      );
    setTimeout(() => {
      for (const go of waiting) go();
    }, 500);
    await Promise.all([run(5), run(6)]);
    expect(context.ran).not.toContain('pay 6 to Bob');
  });
});

describe('the refusal of a mutation names the fields that have not run', () => {
  const stale = caller({ TOTP: 121 });
  const text =
    'mutation { first: note @include(if: true) ...M } fragment M on Mutation { close(term: "}{") }';

  test('by their response names, and says so in the message', async () => {
    const { errors } = await ask(stale, text);
    expect(errors[0]?.extensions).toMatchObject({ executed: false, notRun: ['first', 'close'] });
    expect(errors[0]?.message).toMatch(/No part of this operation has run\.$/);
  });

  test('but not those of a query, whose other fields are returned', async () => {
    const { errors } = await ask(stale, '{ hello clients(count: 1) { pin } }');
    expect(errors[0]?.extensions).not.toHaveProperty('notRun');
    expect(errors[0]?.extensions).not.toHaveProperty('executed');
    expect(errors[0]?.message).not.toContain('has run');
  });

  test('so that a client can retry when the server responds with `data: null`', () => {
    const query = 'mutation { n: note @skip(if: false) close(term: "mutation { x }") }';
    const errors = refuseMutation(
      { schema: bankSchema(), document: parse(query) },
      { caller: () => stale, ran: [] },
      authContextOf,
    ).map((one) => one.toJSON());
    const operation = { kind: 'mutation', query } as const;
    expect(demandsOf({ data: null, errors }, operation)).toMatchObject([{ requirement: { maxAge: 120 } }]);
    // A gateway may have run a field that belongs to another server.
    const more = { ...operation, query: 'mutation { elsewhere n: note close(term: "x") }' };
    expect(demandsOf({ data: null, errors }, more)).toEqual([]);
    expect(demandsOf({ data: { elsewhere: 1, n: null, close: null }, errors }, more)).toEqual([]);
    // What the text does not show counts as possibly run.
    for (const unclear of [
      'mutation { ...M } fragment M on Mutation { n: note close(term: "x") }',
      'mutation A { n: note close(term: "x") } mutation B { elsewhere }',
    ])
      expect(demandsOf({ data: null, errors }, { ...operation, query: unclear })).toEqual([]);
  });

  test('in a batch, separately for each operation', async () => {
    const answer = await send(stale, [
      { query: 'mutation { a: close(term: "x") }' },
      { query: 'mutation { note b: close(term: "x") }' },
    ]);
    const batch = JSON.parse(answer.text) as { errors: { extensions: object }[] }[];
    expect(batch.map((one) => one.errors[0]?.extensions)).toMatchObject([
      { executed: false, notRun: ['a'] },
      { executed: false, notRun: ['note', 'b'] },
    ]);
  });
});

describe('a gateway, which executes a schema without guards', () => {
  const ran: string[] = [];
  const field = (name: string) => () => {
    ran.push(name);
    return name;
  };
  const gateway = createYoga<BankContext>({
    schema: makeExecutableSchema({
      typeDefs: 'type Query { hello: String } type Mutation { note: String close(term: String!): String }',
      resolvers: {
        Query: { hello: field('hello') },
        Mutation: { note: field('note'), close: field('close') },
      },
    }),
    plugins: [useStepUp(authContextOf, { schema: bankSchema() })],
    logging: false,
  });
  const post = async (who: Presented, query: string) => {
    ran.length = 0;
    const headers = { 'content-type': 'application/json', accept: SPEC };
    const init = { method: 'POST', headers, body: JSON.stringify({ query }) };
    const response = await gateway.fetch('http://bank.test/graphql', init, { caller: () => who, ran: [] });
    return { status: response.status, challenge: response.headers.get('www-authenticate'), ran: [...ran] };
  };

  test('refuses a mutation whole by the guards of its supergraph', async () => {
    expect(await post(caller({ TOTP: 121 }), 'mutation { note close(term: "x") }')).toEqual({
      status: 401,
      challenge: 'Bearer error="insufficient_user_authentication", acr_values="aal2", max_age="120"',
      ran: [],
    });
  });

  test('runs a mutation whose guards are met, and a query', async () => {
    expect((await post(fresh, 'mutation { note close(term: "x") }')).ran).toEqual(['note', 'close']);
    expect((await post(nobody(), '{ hello }')).ran).toEqual(['hello']);
  });

  test('is not served with a supergraph whose directives nothing enforces', () => {
    const typeDefs = [stepUpTypeDefs(), 'type Query { a: Int @stepUp }'];
    const plugin = useStepUp(authContextOf, { schema: makeExecutableSchema({ typeDefs }) });
    const served = makeExecutableSchema({ typeDefs: 'type Query { a: Int }' });
    expect(() => plugin.onSchemaChange({ schema: served })).toThrow(UnguardedError);
  });
});
