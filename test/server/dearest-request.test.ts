// No request may block the server, whether it is within the limits or refused by them. Work is measured by V8's count of
// function calls, which is the same on a slow machine. `npm run bench:dearest` measures milliseconds, and more sizes of
// each request.
import { Session } from 'node:inspector/promises';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../harness/app.ts';
import { type Person, TestClient } from '../harness/client.ts';
import type { Shape } from './request-shapes/shape.ts';
import { isReadable, SHAPES, SIZES } from './request-shapes.ts';

/** As many calls take about 40 ms. The most expensive request needs two thirds of them. */
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

/** The number of calls since the previous measurement. */
async function callsMade(): Promise<number> {
  const { result } = await session.post('Profiler.takePreciseCoverage');
  let calls = 0;
  for (const { functions } of result) for (const { ranges } of functions) calls += ranges[0]?.count ?? 0;
  return calls;
}

/**
 * Counts the calls for the given requests, sent one after the other, and for the little work of the test itself. Reading
 * the count costs more than most requests, so it is read only once.
 */
async function callsOf(...bodies: readonly string[]): Promise<number> {
  for (const body of bodies) {
    const headers = {
      'content-type': 'application/json',
      authorization: `Bearer ${person.accessToken}`,
      // Counting can take so long on a busy machine that an idle connection would be closed.
      connection: 'close',
    };
    await (await fetch(`${app.url}/graphql`, { method: 'POST', headers, body })).text();
  }
  return callsMade();
}

describe('no request is too expensive:', () => {
  test.each(SHAPES.map(({ name, body }) => [name, body] as const))('%s', async (_name, body) => {
    const largest = SIZES.findLast((size) => isReadable(body(size))) ?? 0;
    // Some shapes have a maximum size, so that both sizes give the same request.
    for (const request of new Set([body(largest), body(Math.min(largest, 140))])) {
      expect(await callsOf(request)).toBeLessThan(MOST_CALLS);
    }
  });

  test('several of these requests in one batch', async () => {
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

test('the measured count depends on the work of a request', async () => {
  const introspection = (aliases: number): string =>
    JSON.stringify({
      query: `{ __schema { ${Array.from({ length: aliases }, (_, at) => `a${at}: types { name }`).join(' ')} } }`,
    });
  const few = await callsOf(introspection(1));
  expect(await callsOf(introspection(20))).toBeGreaterThan(2 * few);
});
