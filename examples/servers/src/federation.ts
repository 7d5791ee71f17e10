// Two subgraphs behind each gateway. A field of the second one reads a guarded field of the first, by `@requires`. Prints
// what each caller gets, as JSON.
import { readFile } from 'node:fs/promises';
import { conformanceSuite } from 'stepgate/step-up/conformance';
import { apolloGateway } from './apollo-gateway.js';
import { hiveGateway } from './hive-gateway.js';
import { overHttp } from './over-http.js';
import { startSubgraph } from './subgraph.js';

const { present } = conformanceSuite();
const sdl = (name: string) => readFile(new URL(`../graph/${name}.graphql`, import.meta.url), 'utf8');

const CUSTOMER = { id: '1', name: 'Ada', iban: 'DE02120300000000202051' };

/** What the second subgraph received as the guarded field. */
const seen: unknown[] = [];
const customers = await startSubgraph(
  'customers',
  await sdl('customers'),
  { Query: { customer: () => CUSTOMER }, Customer: { __resolveReference: () => CUSTOMER } },
  present,
);
const score = ({ iban }: { iban: unknown }) => {
  seen.push(typeof iban);
  // Of a refused field, a gateway may pass null or the error on.
  return typeof iban === 'string' ? iban.length : null;
};

for (const file of ['scores', 'scores-without-a-guard']) {
  const scores = await startSubgraph(file, await sdl(file), { Customer: { score } }, present);
  for (const [gateway, start] of Object.entries({ apolloGateway, hiveGateway })) {
    const { url, stop } = await start([customers, scores], present);
    for (const caller of ['fresh', 'weak', 'nobody'] as const) {
      seen.length = 0;
      const { http, body } = await overHttp()(url).send({ caller, query: '{ customer { name score } }' });
      const errors = body.errors?.map(({ path, extensions }) => [path?.join('.'), extensions?.['code']]);
      console.log(JSON.stringify({ gateway, file, caller, data: body.data, errors, seen, ...http }));
    }
    await stop();
  }
  await scores.stop();
}
await customers.stop();
