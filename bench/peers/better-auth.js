// Better Auth behind node:http: password and TOTP on PostgreSQL, as its documentation sets it up. It hashes with the same
// bcrypt at the same cost as the others, and as many at once as there are cores. Its own scrypt would compare hashes.
import { createServer } from 'node:http';
import { availableParallelism } from 'node:os';
import bcrypt from 'bcrypt';
import { betterAuth } from 'better-auth';
import { getMigrations } from 'better-auth/db/migration';
import { toNodeHandler } from 'better-auth/node';
import { twoFactor } from 'better-auth/plugins';
import PQueue from 'p-queue';
import pg from 'pg';

const hashes = new PQueue({ concurrency: availableParallelism() });
const server = createServer();
await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
const url = `http://127.0.0.1:${server.address().port}`;
const options = {
  baseURL: url,
  secret: 'a secret of the benchmark, which nobody else may use',
  database: new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 20 }),
  emailAndPassword: {
    enabled: true,
    password: {
      hash: (password) => hashes.add(() => bcrypt.hash(password, Number(process.env.BCRYPT_COST))),
      verify: ({ hash, password }) => hashes.add(() => bcrypt.compare(password, hash)),
    },
  },
  plugins: [twoFactor()],
  // All load comes from one address.
  rateLimit: { enabled: false },
  telemetry: { enabled: false },
};
const auth = betterAuth(options);
if (process.argv.includes('--migrate')) await (await getMigrations(options)).runMigrations();
await auth.$context;
const handle = toNodeHandler(auth);
server.on('request', (request, response) => void handle(request, response));
process.stdout.write(`ready ${url}\n`);
process.send?.({ url });
process.on('disconnect', () => process.exit());
