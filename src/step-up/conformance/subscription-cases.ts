// A subscription is refused before it begins, and ends with a refusal when its guards are no longer met.
import { deepStrictEqual } from 'node:assert/strict';
import type { CallerName } from './callers.ts';
import { type ConformanceCase, outcomeOf, type ServerUnderTest } from './case.ts';

const TRANSFERS = 'subscription { transfers }';

interface SubscriptionCase {
  readonly name: string;
  readonly caller: CallerName;
  readonly query: string;
  /** For each result its data, or the codes of its refusals by path. */
  readonly results: readonly unknown[];
  /** Whether its source was opened. */
  readonly begins: boolean;
}

const SUBSCRIPTION_CASES: readonly SubscriptionCase[] = [
  {
    name: 'a subscription without a guard is open to everybody',
    caller: 'nobody',
    query: 'subscription { news }',
    results: [{ news: 'news 1' }, { news: 'news 2' }, { news: 'news 3' }],
    begins: true,
  },
  {
    name: 'a subscription whose guards are met delivers its events',
    caller: 'fresh',
    query: TRANSFERS,
    results: [{ transfers: 1 }, { transfers: 2 }, { transfers: 3 }],
    begins: true,
  },
  {
    name: 'a subscription that is refused does not begin',
    caller: 'weak',
    query: TRANSFERS,
    results: [{ transfers: 'STEP_UP_REQUIRED' }],
    begins: false,
  },
  {
    name: 'a subscription does not begin for an anonymous caller',
    caller: 'nobody',
    query: TRANSFERS,
    results: [{ transfers: 'UNAUTHENTICATED' }],
    begins: false,
  },
  {
    name: 'a subscription ends with a refusal when the session has ended',
    caller: 'leaving',
    query: TRANSFERS,
    results: [{ transfers: 1 }, { transfers: 2 }, { transfers: 'UNAUTHENTICATED' }],
    begins: true,
  },
  {
    name: 'a subscription ends with a refusal when the proof is too old',
    caller: 'ageing',
    query: TRANSFERS,
    results: [{ transfers: 1 }, { transfers: 2 }, { transfers: 'STEP_UP_REQUIRED' }],
    begins: true,
  },
  {
    name: 'a guarded field of an event is refused by itself, and the subscription continues',
    caller: 'weak',
    query: 'subscription { visitors { pin } }',
    results: Array.from({ length: 3 }, () => ({ 'visitors.pin': 'STEP_UP_REQUIRED' })),
    begins: true,
  },
];

/** Empty if the server has no subscriptions. */
export function subscriptionCases(server: ServerUnderTest, ran: string[]): ConformanceCase[] {
  if (server.subscribe === undefined) return [];
  return SUBSCRIPTION_CASES.map(({ name, caller, query, results, begins }) => ({
    name,
    async run() {
      ran.length = 0;
      const bodies = (await server.subscribe?.({ caller, query })) ?? [];
      const seen = bodies.map((body) => {
        const { data, refused } = outcomeOf({ body, http: null });
        return Object.keys(refused).length > 0 ? refused : data;
      });
      deepStrictEqual(seen, results);
      deepStrictEqual(ran.length > 0, begins);
    },
  }));
}
