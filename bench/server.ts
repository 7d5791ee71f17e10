// The server under test, in a separate process, so that the load does not run on its event loop. Started by sign-in.ts
// and dearest-request.ts. The message `cpu` requests the CPU time of the main thread; a number advances the clock by
// that many seconds.
import { startApp } from '../src/app.ts';
import { readConfig } from '../src/config/config.ts';
import { openDatabase } from '../src/persistence/database.ts';
import { createLog } from '../src/platform/log.ts';
import { TestClock } from '../test/harness/clock.ts';

const config = readConfig(process.env);
const database = await openDatabase(
  config,
  () => {},
  () => {},
);
const clock = new TestClock();
const app = await startApp({ config, databaseUrl: database.url, log: createLog('silent'), clock });

process.on('message', (message) => {
  if (message === 'cpu') process.send?.(process.threadCpuUsage());
  if (typeof message !== 'number') return;
  clock.advance(message);
  process.send?.({ advanced: message });
});
process.on('disconnect', () => {
  void app.stop().then(() => database.stop());
});
process.send?.({ url: app.url, databaseUrl: database.url });
