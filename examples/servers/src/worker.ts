// Hono on Cloudflare Workers, with the compatibility flag `nodejs_compat`. `/conformance` runs the suite against the app.
import { conformanceSuite } from 'stepgate/step-up/conformance';
import { honoApp } from './hono-app.js';
import { overHttp } from './over-http.js';

const suite = conformanceSuite();
const app = honoApp(suite);

app.get('/conformance', async (context) => {
  const send = (url: string, init: RequestInit) => app.request(url, init);
  const cases = suite.cases(overHttp({ batches: true, streams: true, send })('/graphql'));
  const failed: string[] = [];
  for (const { name, run } of cases) {
    await run().catch((error: Error) => failed.push(`${name}: ${error.message}`));
  }
  return context.json({ cases: cases.length, failed });
});

export default app;
