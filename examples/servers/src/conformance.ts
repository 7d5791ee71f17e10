// Runs the conformance suite against the servers of this folder, or against those that are named, and prints what does
// not hold.
import { conformanceSuite, type ServerUnderTest } from 'stepgate/step-up/conformance';
import { overHttp } from './over-http.js';
import { overEvents, overWebSocket } from './over-streams.js';
import { report } from './report.js';
import type { StartServer } from './server.js';

interface Server {
  readonly start: () => Promise<StartServer>;
  readonly client: (url: string) => ServerUnderTest;
}

const server = (client: Server['client'], start: Server['start']): Server => ({ start, client });

/** Only the servers that run are loaded. */
const SERVERS: Readonly<Record<string, Server>> = {
  hono: server(overHttp({ batches: true, streams: true }), async () => (await import('./hono.js')).hono),
  'next-route': server(overHttp({ streams: true }), async () => (await import('./next-route.js')).nextRoute),
  'nest-schema-first': server(
    overHttp({ batches: true }),
    async () => (await import('./nest-schema-first.js')).nestSchemaFirst,
  ),
  'nest-code-first': server(overHttp(), async () => (await import('./nest-code-first.js')).nestCodeFirst),
  'type-graphql': server(overHttp(), async () => (await import('./type-graphql.js')).typeGraphql),
  'graphql-ws': server(overWebSocket, async () => (await import('./graphql-ws.js')).graphqlWs),
  'graphql-sse': server(
    overEvents({ singleConnection: false }),
    async () => (await import('./graphql-sse.js')).graphqlSse,
  ),
  'graphql-sse on one connection': server(
    overEvents({ singleConnection: true }),
    async () => (await import('./graphql-sse.js')).graphqlSse,
  ),
  'apollo-gateway': server(overHttp(), async () => (await import('./apollo-gateway.js')).behindApolloGateway),
  'hive-gateway': server(overHttp(), async () => (await import('./hive-gateway.js')).behindHiveGateway),
};

const asked = process.argv.slice(2);
let failed = 0;
for (const name of asked.length > 0 ? asked : Object.keys(SERVERS)) {
  const { start, client } = SERVERS[name] as Server;
  const suite = conformanceSuite();
  const { url, stop } = await (await start())(suite);
  failed += await report(name, suite.cases(client(url)));
  await stop();
}
process.exitCode = failed === 0 ? 0 : 1;
