// `stepgate/step-up/conformance`: what every server with the guards must do, as cases that you run in your own tests,
// against your own server, with any test runner.
import { deepStrictEqual, ok } from 'node:assert/strict';
import type { Presented } from '../auth-context.ts';
import {
  type BankResolver,
  type BankResolvers,
  type BankSubscriptions,
  bankResolvers,
  bankSubscriptions,
  SUBSCRIPTION_TYPE_DEFINITIONS,
  TYPE_DEFINITIONS,
} from './bank.ts';
import { batchCases } from './batch-cases.ts';
import { type CallerName, callerNamed } from './callers.ts';
import {
  type ConformanceBatch,
  type ConformanceCase,
  type ConformanceRequest,
  type ConformanceResponse,
  outcomeOf,
  type ServerUnderTest,
} from './case.ts';
import { DECISION_CASES } from './decision-cases.ts';
import { HTTP_CASES } from './http-cases.ts';
import { MUTATION_CASES } from './mutation-cases.ts';
import { PLACE_CASES } from './place-cases.ts';
import { subscriptionCases } from './subscription-cases.ts';

export type {
  BankResolver,
  BankResolvers,
  BankSubscriptions,
  CallerName,
  ConformanceBatch,
  ConformanceCase,
  ConformanceRequest,
  ConformanceResponse,
  ServerUnderTest,
};

/** The schema that your server must serve, and who asks. */
export interface ConformanceSuite {
  /** The types, without the definitions of the directives: add those of `stepUpTypeDefs()`. */
  readonly typeDefs: string;
  readonly resolvers: BankResolvers;
  /** The type `Subscription` and its resolvers, for a server that has subscriptions. */
  readonly subscriptions: { readonly typeDefs: string; readonly resolvers: BankSubscriptions };
  /**
   * Who is asking, for the context of an operation.
   *
   * @param caller the name in the request, which your server passes on, for example in a header.
   */
  present(caller: string | null | undefined): Presented;
  /** The cases that a server must pass. */
  cases(server: ServerUnderTest): readonly ConformanceCase[];
}

/**
 * Makes a suite for one server.
 *
 * @example
 * const suite = conformanceSuite();
 * const server = await start(suite); // your server, with suite.typeDefs and suite.resolvers
 * for (const { name, run } of suite.cases(server)) test(name, run);
 */
export function conformanceSuite(): ConformanceSuite {
  const ran: string[] = [];
  return {
    typeDefs: TYPE_DEFINITIONS,
    resolvers: bankResolvers(ran),
    subscriptions: { typeDefs: SUBSCRIPTION_TYPE_DEFINITIONS, resolvers: bankSubscriptions(ran) },
    present: callerNamed,
    cases: (server) => [
      ...[...DECISION_CASES, ...PLACE_CASES].map(({ name, data, refused = {}, ...request }) => ({
        name,
        run: async () => deepStrictEqual(outcomeOf(await server.send(request)), { data, refused }),
      })),
      ...MUTATION_CASES.map(({ name, ran: expected, refused = {}, notRun, ...request }) => ({
        name,
        async run() {
          ran.length = 0;
          const response = await server.send(request);
          deepStrictEqual(ran, expected);
          deepStrictEqual(outcomeOf(response).refused, refused);
          for (const { extensions } of response.body.errors ?? []) {
            deepStrictEqual(extensions?.['notRun'], notRun);
            deepStrictEqual(extensions?.['executed'], notRun && false);
          }
        },
      })),
      ...HTTP_CASES.map(({ name, status, challenge, ...request }) => ({
        name,
        async run() {
          const { http } = await server.send(request);
          if (http !== null) deepStrictEqual(http, { status, challenge });
        },
      })),
      ...otherCases(server, ran),
      ...batchCases(server, ran),
      ...subscriptionCases(server, ran),
    ],
  };
}

function otherCases(server: ServerUnderTest, ran: string[]): ConformanceCase[] {
  const ask = (caller: CallerName, query: string): ConformanceRequest => ({ caller, query });
  return [
    {
      name: 'the resolver of a refused field does not run',
      async run() {
        ran.length = 0;
        await server.send(ask('weak', '{ open search(term: "x") }'));
        deepStrictEqual(ran, ['open']);
      },
    },
    {
      name: 'a refusal says what would help, so that a client can ask for it',
      async run() {
        const { body } = await server.send(ask('pastTheLimit', '{ client { pin } }'));
        const { acrValues, maxAge, accept, remedy, lastVerifiedAt } = body.errors?.[0]?.extensions ?? {};
        deepStrictEqual(
          { acrValues, maxAge, accept, remedy, lastVerifiedAt },
          {
            acrValues: ['aal2'],
            maxAge: 60,
            accept: ['TOTP'],
            remedy: 'STEP_UP',
            lastVerifiedAt: 1_799_999_399,
          },
        );
      },
    },
    {
      name: 'an invalid document is not executed and tells nothing of the guards',
      async run() {
        ran.length = 0;
        const { body } = await server.send(ask('nobody', 'mutation { note nothing close(term: "x") }'));
        deepStrictEqual(ran, []);
        ok(
          body.errors !== undefined &&
            body.errors.every((error) => error.extensions?.['code'] !== 'UNAUTHENTICATED'),
        );
      },
    },
    {
      name: 'another error does not hide a refusal',
      async run() {
        const response = await server.send(ask('weak', '{ boom search(term: "x") }'));
        deepStrictEqual(outcomeOf(response).refused['search'], 'STEP_UP_REQUIRED');
      },
    },
    {
      name: 'operations at the same time do not share their callers',
      async run() {
        const callers = ['fresh', 'weak', 'nobody', 'fresh', 'weak', 'admin'] as const;
        const responses = await Promise.all(
          callers.map((caller) => server.send(ask(caller, '{ search(term: "x") }'))),
        );
        const found = responses.map(
          (response) => (outcomeOf(response).data as { search: string | null }).search,
        );
        deepStrictEqual(found, ['found', null, null, 'found', null, 'found']);
      },
    },
    {
      name: 'a decision for one operation does not last until the next',
      async run() {
        const open = async (caller: CallerName) =>
          outcomeOf(await server.send(ask(caller, '{ search(term: "x") }'))).data;
        deepStrictEqual(
          [await open('fresh'), await open('weak'), await open('fresh')],
          [{ search: 'found' }, { search: null }, { search: 'found' }],
        );
      },
    },
    {
      name: 'the operation that is named is the one that is decided',
      async run() {
        const query = 'query Open { open } mutation Close { close(term: "x") }';
        const open = await server.send({ caller: 'weak', query, operationName: 'Open' });
        const close = await server.send({ caller: 'weak', query, operationName: 'Close' });
        deepStrictEqual(outcomeOf(open), { data: { open: 'open' }, refused: {} });
        deepStrictEqual(outcomeOf(close).refused, { close: 'STEP_UP_REQUIRED' });
      },
    },
  ];
}
