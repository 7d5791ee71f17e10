// Hono on Deno: `deno run --allow-all out/deno.js` serves it and runs the conformance suite against it.
import { conformanceSuite } from 'stepgate/step-up/conformance';
import { honoApp } from './hono-app.js';
import { overHttp } from './over-http.js';
import { report } from './report.js';

declare const Deno: {
  serve(
    options: { port: number; hostname: string; onListen(): void },
    handler: (request: Request) => Response | Promise<Response>,
  ): { readonly addr: { readonly port: number }; shutdown(): Promise<void> };
  exitCode: number;
};

const suite = conformanceSuite();
const app = honoApp(suite);
const server = Deno.serve({ port: 0, hostname: '127.0.0.1', onListen() {} }, (request) => app.fetch(request));
const client = overHttp({ batches: true, streams: true })(`http://127.0.0.1:${server.addr.port}/graphql`);
Deno.exitCode = await report('deno', suite.cases(client));
await server.shutdown();
