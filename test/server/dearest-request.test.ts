// No request may block the server, neither one within the limits nor one that they refuse. Work is counted and not
// timed: V8 says how often functions were called, and that is the same on a slow machine. What it comes to in
// milliseconds, and more sizes of each shape, are for `npm run bench:dearest`.
import { Session } from 'node:inspector/promises';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../harness/app.ts';
import { type Person, TestClient } from '../harness/client.ts';
import { isReadable, SHAPES, type Shape, SIZES } from './request-shapes.ts';

/** Where as many calls take some 40 ms. The dearest shape comes to two thirds of it. */
const MOST_CALLS = 2_000_000;

let app: TestApp;
let person: Person;
const session = new Session();

beforeAll(async () => {
  app = await startTestApp();
  person = await new TestClient(app).signUp();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false });
});
afterAll(async () => {
  await session.post('Profiler.stopPreciseCoverage');
  session.disconnect();
  await app[Symbol.asyncDispose]();
});

/** Since it was asked the last time. */
async function callsMade(): Promise<number> {
  const { result } = await session.post('Profiler.takePreciseCoverage');
  let calls = 0;
  for (const { functions } of result) for (const { ranges } of functions) calls += ranges[0]?.count ?? 0;
  return calls;
}

/**
 * Of the requests, one after the other, and of the little that the test itself did since the last ones: to ask costs more
 * than most requests, so it is asked once for each.
 */
async function callsOf(...bodies: readonly string[]): Promise<number> {
  for (const body of bodies) {
    const headers = {
      'content-type': 'application/json',
      authorization: `Bearer ${person.accessToken}`,
      // Counting takes a while on a busy machine, and an idle connection would be closed meanwhile.
      connection: 'close',
    };
    await (await fetch(`${app.url}/graphql`, { method: 'POST', headers, body })).text();
  }
  return callsMade();
}

describe('no request is dear:', () => {
  test.each(SHAPES.map(({ name, body }) => [name, body] as const))('%s', async (_name, body) => {
    const largest = SIZES.findLast((size) => isReadable(body(size))) ?? 0;
    // Some shapes have a largest size of their own, and are the same request for both.
    for (const request of new Set([body(largest), body(Math.min(largest, 140))])) {
      expect(await callsOf(request)).toBeLessThan(MOST_CALLS);
    }
  });

  test('several of these in one batch', async () => {
    const one = fc.record({ shape: fc.constantFrom(...SHAPES), size: fc.constantFrom(...SIZES) });
    const operationsOf = ({ shape, size }: { shape: Shape; size: number }): string =>
      shape.body(size).replace(/^\[(.*)\]$/s, '$1');
    await fc.assert(
      fc.asyncProperty(fc.array(one, { minLength: 2, maxLength: 10 }), async (several) => {
        const body = `[${several.map(operationsOf).join(',')}]`;
        fc.pre(isReadable(body));
        expect(await callsOf(body)).toBeLessThan(MOST_CALLS);
      }),
      { numRuns: 8 },
    );
  }, 120_000);
});

test('the count sees what a request costs', async () => {
  const introspection = (aliases: number): string =>
    JSON.stringify({
      query: `{ __schema { ${Array.from({ length: aliases }, (_, at) => `a${at}: types { name }`).join(' ')} } }`,
    });
  const few = await callsOf(introspection(1));
  expect(await callsOf(introspection(20))).toBeGreaterThan(2 * few);
});
