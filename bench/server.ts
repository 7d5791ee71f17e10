// The server under test, in a separate process, so that the load does not run on its event loop. It uses DATABASE_URL,
// or an embedded PostgreSQL. The message `cpu` requests the CPU time of the main thread, `collect` a garbage
// collection and what is left; a number advances the clock by that many seconds.
import { startApp } from '../src/app.ts';
import { readConfig } from '../src/config/config.ts';
import { openDatabase } from '../src/persistence/database.ts';
import { createLog } from '../src/platform/log.ts';

// Libraries run as in production. The configuration does not, because then messages need a mail server.
const config = readConfig({ ...process.env, NODE_ENV: 'development' });
const database = await openDatabase(
  config,
  () => {},
  () => {},
);
let ahead = 0;
const clock = { now: () => new Date(Date.now() + ahead * 1000) };
const log = createLog(config.logLevel);
const app = await startApp({ config, databaseUrl: database.url, log, clock });

process.on('message', (message) => {
  if (message === 'cpu') process.send?.(process.threadCpuUsage());
  if (message === 'collect') {
    globalThis.gc?.();
    const { heapUsed, external } = process.memoryUsage();
    process.send?.({ liveMb: (heapUsed + external) / 1_048_576 });
  }
  if (typeof message !== 'number') return;
  ahead += message;
  process.send?.({ advanced: message });
});
process.on('disconnect', () => {
  void app.stop().then(() => database.stop());
});
process.send?.({ url: app.url, databaseUrl: database.url });
