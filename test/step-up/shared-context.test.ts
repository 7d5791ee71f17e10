// Operations that share a context, as in a batch or on a connection: a proof for one of them must not open another, and a
// finished operation leaves nothing behind.
import { makeExecutableSchema } from '@graphql-tools/schema';
import { type GraphQLObjectType, type GraphQLSchema, parse } from 'graphql';
import { describe, expect, test } from 'vitest';
import { hasBoundFields } from '../../src/step-up/bound-proof.ts';
import { beginOperation, type Decisions, decisionsOf, endOperation } from '../../src/step-up/decisions.ts';
import { guardsOf } from '../../src/step-up/guard.ts';
import { refuseMutation } from '../../src/step-up/refuse-mutation.ts';
import { stepUpRequirements } from '../../src/step-up/requirements.ts';
import { stepUpTransformer, stepUpTypeDefs } from '../../src/step-up/sdl.ts';
import { useStepUp } from '../../src/step-up/yoga.ts';
import { authContextOf, type BankContext, bankSchema, caller, nobody } from './example-schema.ts';
import { bankServer } from './example-server.ts';

const schema = bankSchema();
const guards = guardsOf(schema.getQueryType() as GraphQLObjectType, 'vault');
const demands = stepUpRequirements(schema, parse('{ vault }')).stepUps;

const newContext = (): BankContext => ({ caller: () => caller({ TOTP: 5 }), ran: [] });
const begin = (context: BankContext): Decisions => beginOperation(context, authContextOf);
const isOpen = (decisions: Decisions): boolean => decisions.refusal(guards) === null;

describe('a proof that was bound to one operation', () => {
  test('opens that operation and its fields', () => {
    const context = newContext();
    const operation = begin(context);
    expect(isOpen(operation)).toBe(false);
    operation.approve(demands);
    expect(isOpen(operation)).toBe(true);
    expect(isOpen(decisionsOf(context, authContextOf))).toBe(true);
  });

  test('opens nothing once another operation has started', () => {
    const context = newContext();
    const one = begin(context);
    one.approve(demands);
    const other = begin(context);
    expect([one, other, decisionsOf(context, authContextOf)].map(isOpen)).toEqual([false, false, false]);
  });

  test('opens nothing while another operation runs, regardless of which started first', () => {
    const context = newContext();
    const both = [begin(context), begin(context)];
    for (const operation of both) operation.approve(demands);
    expect([...both, decisionsOf(context, authContextOf)].map(isOpen)).toEqual([false, false, false]);
  });

  test('opens nothing until all other operations have ended', () => {
    const context = newContext();
    for (const _ of [1, 2, 3]) begin(context);
    for (const _ of [1, 2]) {
      endOperation(context);
      const next = begin(context);
      expect(next.isShared).toBe(true);
      endOperation(context);
    }
    endOperation(context);
    const alone = begin(context);
    expect(alone.isShared).toBe(false);
    alone.approve(demands);
    expect(isOpen(alone)).toBe(true);
  });

  test('opens nothing after its operation has ended', () => {
    const context = newContext();
    begin(context).approve(demands);
    endOperation(context);
    expect(isOpen(decisionsOf(context, authContextOf))).toBe(false);
    endOperation(context);
    expect(begin(context).isShared).toBe(false);
  });

  test('opens nothing while the deferred parts of another operation are still running', async () => {
    const context = newContext();
    const isShared = (): boolean => {
      const next = begin(context);
      endOperation(context);
      return next.isShared;
    };
    const args = { schema, document: parse('{ hello }'), contextValue: context };
    const execution = await useStepUp(authContextOf).onExecute({ args, setResultAndStopExecution: () => {} });
    const streaming = execution?.onExecuteDone({ result: (async function* () {})() });
    expect(isShared()).toBe(true);
    streaming?.onEnd();
    expect(isShared()).toBe(false);
  });

  test.each([[{ data: { hello: 'world' } }], [null], [undefined]])(
    'opens a field as soon as the operation before it has returned its only result: %j',
    async (result) => {
      const context = newContext();
      const args = { schema, document: parse('{ hello }'), contextValue: context };
      const execution = await useStepUp(authContextOf).onExecute({
        args,
        setResultAndStopExecution: () => {},
      });
      expect(execution?.onExecuteDone({ result })).toBeUndefined();
      const next = begin(context);
      next.approve(demands);
      expect(isOpen(next)).toBe(true);
    },
  );

  test.each(['{ vault }', 'mutation { pay(amount: 5, recipient: "Bob") }'])(
    'is consumed once by each operation on a connection: %s',
    async (query) => {
      let used = 0;
      const server = bankServer({ consumeProof: async () => ++used > 0 });
      const context = newContext();
      for (const times of [1, 2, 3]) {
        const body = JSON.stringify({ query });
        const headers = { 'content-type': 'application/json' };
        await server.fetch('http://bank.test/graphql', { method: 'POST', headers, body }, context);
        expect(context.ran).toHaveLength(times);
        expect(used).toBe(times);
      }
    },
  );
});

test.each([undefined, null, 'context', 5])(
  'guards work with a context that is not an object: %j',
  (context) => {
    const operation = { schema, document: parse('mutation { note close(term: "x") }') };
    const refused = refuseMutation(operation, context, () => nobody());
    expect(refused.map((one) => one.extensions['code'])).toEqual(['UNAUTHENTICATED']);
    expect(refuseMutation(operation, context, () => caller({ TOTP: 5 }))).toEqual([]);
    expect(() => endOperation(context)).not.toThrow();
  },
);

test('`hasBoundFields` is true only for a schema with a field that demands a bound proof', () => {
  const made = (guard: string): GraphQLSchema => {
    const types = `type A { x: Int ${guard} } type Query { a: A y: Int @stepUp } input I { x: Int }`;
    const typeDefs = [stepUpTypeDefs(), types];
    return stepUpTransformer({ authContext: authContextOf })(makeExecutableSchema({ typeDefs }));
  };
  expect(hasBoundFields(made('@stepUp(bind: OPERATION)'))).toBe(true);
  expect(hasBoundFields(made('@stepUp(bind: SESSION)'))).toBe(false);
  expect(hasBoundFields(made('@authenticated'))).toBe(false);
});
