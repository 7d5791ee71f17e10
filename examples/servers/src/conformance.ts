// Runs the conformance suite against each server of this folder, and prints what does not hold.
import { type ConformanceResponse, conformanceSuite } from 'stepgate/step-up/conformance';
import { gateway } from './gateway.js';
import { hono } from './hono.js';
import { nestCodeFirst } from './nest-code-first.js';
import { nestSchemaFirst } from './nest-schema-first.js';
import { nextRoute } from './next-route.js';
import type { StartServer } from './server.js';
import { typeGraphql } from './type-graphql.js';

const SERVERS: Readonly<Record<string, { start: StartServer; passesStatus: boolean }>> = {
  Hono: { start: hono, passesStatus: true },
  'a route handler of Next.js': { start: nextRoute, passesStatus: true },
  'NestJS, schema first': { start: nestSchemaFirst, passesStatus: true },
  'NestJS, code first': { start: nestCodeFirst, passesStatus: true },
  TypeGraphQL: { start: typeGraphql, passesStatus: true },
  // A gateway makes a response of its own.
  'a subgraph behind a gateway': { start: gateway, passesStatus: false },
};

let failed = 0;
for (const [name, { start, passesStatus }] of Object.entries(SERVERS)) {
  const suite = conformanceSuite();
  const { url, stop } = await start(suite);
  const cases = suite.cases({
    async send({ caller, accept = 'application/graphql-response+json', ...body }) {
      const headers = { 'content-type': 'application/json', accept, 'x-caller': caller };
      const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
      const http = { status: response.status, challenge: response.headers.get('www-authenticate') };
      return {
        http: passesStatus ? http : null,
        body: (await response.json()) as ConformanceResponse['body'],
      };
    },
  });
  let passed = 0;
  for (const one of cases) {
    try {
      await one.run();
      passed += 1;
    } catch (error) {
      failed += 1;
      console.log(`${name}: ${one.name}\n${(error as Error).message}\n`);
    }
  }
  console.log(`${name}: ${passed} of ${cases.length}`);
  await stop();
}
process.exitCode = failed === 0 ? 0 : 1;
