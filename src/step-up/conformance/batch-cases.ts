// Several operations in one request: each is decided by itself. The status says nothing of a single one, so it is 200.
import { deepStrictEqual } from 'node:assert/strict';
import type { CallerName } from './callers.ts';
import {
  type ConformanceBatch,
  type ConformanceCase,
  type ConformanceResponse,
  outcomeOf,
  type ServerUnderTest,
} from './case.ts';

const CLOSE = 'mutation { close(term: "x") }';
const SEARCH = '{ open search(term: "x") }';

/** Empty if the server has no batches. */
export function batchCases(server: ServerUnderTest, ran: string[]): ConformanceCase[] {
  if (server.sendBatch === undefined) return [];
  const ask = async (caller: CallerName, ...queries: string[]): Promise<ConformanceBatch> => {
    ran.length = 0;
    return (await server.sendBatch?.(queries.map((query) => ({ caller, query })))) as ConformanceBatch;
  };
  const answered = ({ http }: ConformanceBatch, challenge: string | null): void => {
    if (http !== null) deepStrictEqual(http, { status: 200, challenge });
  };
  const challenge = (maxAge: number): string =>
    `Bearer error="insufficient_user_authentication", acr_values="aal2", max_age="${maxAge}"`;
  return [
    {
      name: 'each operation of a batch is decided by itself',
      async run() {
        const { bodies } = await ask('weak', 'mutation { note }', CLOSE, SEARCH);
        deepStrictEqual(bodies.map(refusedIn), [
          {},
          { close: 'STEP_UP_REQUIRED' },
          { search: 'STEP_UP_REQUIRED' },
        ]);
        deepStrictEqual(ran.toSorted(), ['note', 'open']);
      },
    },
    {
      name: 'a mutation that is refused whole says so in its own part of a batch only',
      async run() {
        const { bodies } = await ask(
          'weak',
          'mutation { note }',
          `mutation { note close(term: "x") }`,
          SEARCH,
        );
        const said = bodies.map(({ errors = [] }) =>
          errors.map(({ extensions }) => [extensions?.['executed'], extensions?.['notRun']]),
        );
        deepStrictEqual(said, [[], [[false, ['note', 'close']]], [[undefined, undefined]]]);
      },
    },
    {
      name: 'a batch has status 200 and the strictest challenge, in whatever order its operations are',
      async run() {
        answered(await ask('weak', 'mutation { note }', CLOSE, SEARCH), challenge(120));
        answered(await ask('weak', SEARCH, CLOSE), challenge(120));
        answered(await ask('weak', CLOSE, CLOSE), challenge(120));
        answered(await ask('nobody', CLOSE, 'mutation { audit }'), 'Bearer');
      },
    },
    {
      name: 'a batch of which nothing is refused, or only for a role, has no challenge',
      async run() {
        answered(await ask('fresh', CLOSE, SEARCH), null);
        answered(await ask('fresh', 'mutation { audit }', SEARCH), null);
      },
    },
  ];
}

function refusedIn(body: ConformanceResponse['body']): unknown {
  return outcomeOf({ body, http: null }).refused;
}
