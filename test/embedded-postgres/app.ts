// The app that embedded-postgres.test.ts starts, signals and kills. It starts the database in the given directory and
// prints one line of JSON. On SIGINT it drains as a server does: it finishes some work, then stops the database.
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { startEmbeddedPostgres } from '../../src/embedded-postgres/start.ts';

const [dataDir = '', durability] = process.argv.slice(2);
const say = (words: object) => process.stdout.write(`${JSON.stringify(words)}\n`);

process.once('SIGINT', () => void answerAndEnd());

async function answerAndEnd(): Promise<void> {
  await delay(500);
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query('select 1 as answer');
  await client.end();
  say({ drained: rows[0].answer });
  await stop();
  say({ stopped: true });
  clearInterval(serving);
}
const serving = setInterval(() => undefined, 1000);
const { url, stop } = await startEmbeddedPostgres({
  dataDir,
  durable: durability === 'durable',
  log: () => undefined,
}).catch((error) => {
  say({ code: error.code, message: error.message });
  process.exit(1);
});
say({ url });
