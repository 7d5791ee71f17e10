// What comes with a mutation that is refused whole: no proof is used up for it, and its refusal says that nothing of it
// has run, which a client could not tell from the answers of every server.
import { parse } from 'graphql';
import { describe, expect, test } from 'vitest';
import { demandsOf } from '../../src/client/refusal.ts';
import { refuseMutation } from '../../src/step-up/refuse-mutation.ts';
import { type BankContext, bankSchema, caller, standingOf } from './example-schema.ts';
import { ask, bankServer, send } from './example-server.ts';

const fresh = caller({ TOTP: 5 });
const PAY = 'pay(amount: 5, recipient: "Bob")';

describe('a proof that is bound to an operation', () => {
  /** A bank whose caller has proved whatever is asked for, and the demands that were used up. */
  function banking(used: string[] = []) {
    const consumeProof = async (_context: unknown, digest: string) => used.push(digest) > 0;
    return { used, server: bankServer({ consumeProof }) };
  }

  test('is used up by the operation, which then runs', async () => {
    const { used, server } = banking();
    expect((await ask(fresh, `mutation { ${PAY} }`, { server })).ran).toEqual(['pay 5 to Bob']);
    expect(used).toHaveLength(1);
  });

  test.each([
    ['a role that is missing', 'audit', fresh],
    ['a proof of the session that is stale', 'close(term: "x")', caller({ TOTP: 121 })],
    ['a field that is bound too and lacks a role', 'payOut', fresh],
    ['a field in its payload', 'open { pin }', caller({ TOTP: 61 })],
  ])('is not used up by a mutation that another field refuses: %s', async (_what, other, who) => {
    for (const query of [`mutation { ${PAY} ${other} }`, `mutation { ${other} ${PAY} }`]) {
      const { used, server } = banking();
      const { ran, errors } = await ask(who, query, { server });
      expect(errors.length).toBeGreaterThan(0);
      expect({ ran, used }).toEqual({ ran: [], used: [] });
    }
  });

  test('is used up for a query by its own field, whatever others refuse', async () => {
    const { used, server } = banking();
    const { data, refused } = await ask(fresh, '{ vault papers { ... on Report { losses } } }', { server });
    expect(data.vault).toBe('gold');
    expect(refused).toEqual({ 'papers.1.losses': 'FORBIDDEN' });
    expect(used).toHaveLength(1);
  });

  test('opens no other operation that runs with the same context at the same time', async () => {
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

  test('by their response names, and in its message', async () => {
    const { errors } = await ask(stale, text);
    expect(errors[0]?.extensions['notRun']).toEqual(['first', 'close']);
    expect(errors[0]?.message).toMatch(/Nothing of this operation has run\.$/);
  });

  test('and not those of a query, whose other fields are answered', async () => {
    const { errors } = await ask(stale, '{ hello clients(count: 1) { pin } }');
    expect(errors[0]?.extensions).not.toHaveProperty('notRun');
    expect(errors[0]?.message).not.toContain('has run');
  });

  test('so that a client repeats what a server answers with `data: null`', () => {
    const query = 'mutation { n: note @skip(if: false) close(term: "mutation { x }") }';
    const errors = refuseMutation(
      { schema: bankSchema(), document: parse(query) },
      { caller: () => stale, ran: [] },
      standingOf,
    ).map((one) => one.toJSON());
    const operation = { kind: 'mutation', query } as const;
    expect(demandsOf({ data: null, errors }, operation)).toMatchObject([{ requirement: { maxAge: 120 } }]);
    // A gateway may have run a field that belongs to another server.
    const more = { ...operation, query: 'mutation { elsewhere n: note close(term: "x") }' };
    expect(demandsOf({ data: null, errors }, more)).toEqual([]);
    expect(demandsOf({ data: { elsewhere: 1, n: null, close: null }, errors }, more)).toEqual([]);
    // What cannot be told from the text counts as more.
    for (const unclear of [
      'mutation { ...M } fragment M on Mutation { n: note close(term: "x") }',
      'mutation A { n: note close(term: "x") } mutation B { elsewhere }',
    ])
      expect(demandsOf({ data: null, errors }, { ...operation, query: unclear })).toEqual([]);
  });

  test('in a batch, each operation its own', async () => {
    const answer = await send(stale, [
      { query: 'mutation { a: close(term: "x") }' },
      { query: 'mutation { note b: close(term: "x") }' },
    ]);
    const batch = JSON.parse(answer.text) as { errors: { extensions: { notRun: string[] } }[] }[];
    expect(batch.map((one) => one.errors[0]?.extensions.notRun)).toEqual([['a'], ['note', 'b']]);
  });
});
