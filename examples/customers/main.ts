// Starts the service. Run `npm run example` in this repository, or `npm start` in a copy.
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createCustomersServer } from './server.ts';

const issuer = process.env['STEPGATE_URL'] ?? 'http://localhost:4000';
const port = Number(process.env['PORT'] ?? 4100);

const server = createCustomersServer({ issuer, api: `${issuer}/graphql` }).listen(port, '127.0.0.1');
await once(server, 'listening');
const address = server.address() as AddressInfo;
console.log(`Customers: http://localhost:${address.port}/graphql, for users of ${issuer}`);

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    server.close();
    server.closeIdleConnections();
  });
}
