// Starts the example provider: `npm run provider`. It listens on this machine only, and refuses production.
import { once } from 'node:events';
import { EXAMPLE_PROVIDER_URL } from '../../src/config/example-provider.ts';

const port = Number(process.env['PROVIDER_PORT'] ?? new URL(EXAMPLE_PROVIDER_URL).port);
const stepgate = process.env['STEPGATE_URL'] ?? 'http://localhost:4000';
const issuer = `http://localhost:${port}`;

if (process.env['NODE_ENV'] === 'production') {
  fail('The example provider is for development: anyone can sign in as anyone. Unset NODE_ENV to start it.');
}
const { createExampleProvider } = await import('./server.ts').catch((error: NodeJS.ErrnoException) => {
  if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error;
  return fail('The example provider needs the development dependencies. Install them with `npm ci`.');
});
const server = await createExampleProvider({ issuer, stepgate });
server.once('error', ({ code }: NodeJS.ErrnoException) =>
  fail(`The example provider cannot listen on port ${port} (${code}). Set PROVIDER_PORT to another port.`),
);
server.listen(port, '127.0.0.1');
await once(server, 'listening');
console.log(`Example provider: ${issuer}, for users of ${stepgate}`);
if (issuer !== EXAMPLE_PROVIDER_URL) console.log(`Start Stepgate with EXAMPLE_PROVIDER=${issuer}`);

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    server.close();
    server.closeAllConnections();
  });
}

function fail(message: string): never {
  console.error(message);
  process.exit(2);
}
