// Hono on Bun: `bun out/bun.js` serves it and runs the conformance suite against it.
import { conformanceSuite } from 'stepgate/step-up/conformance';
import { honoApp } from './hono-app.js';
import { overHttp } from './over-http.js';
import { report } from './report.js';

declare const Bun: {
  serve(options: {
    fetch: (request: Request) => Response | Promise<Response>;
    port: number;
    hostname: string;
  }): {
    readonly port: number;
    stop(): Promise<void>;
  };
};

const suite = conformanceSuite();
const app = honoApp(suite);
const server = Bun.serve({ fetch: (request) => app.fetch(request), port: 0, hostname: '127.0.0.1' });
const client = overHttp({ batches: true, streams: true })(`http://127.0.0.1:${server.port}/graphql`);
process.exitCode = await report('bun', suite.cases(client));
await server.stop();
