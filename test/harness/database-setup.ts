// Starts one PostgreSQL server for the whole run when the first test file asks for it. Loading what it needs would take
// longer than many files' tests, so that waits as well.
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import type { TestProject } from 'vitest/node';
import type { TestPostgres } from './postgres.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** A port on loopback that answers a connection with a `DatabaseServer`, once the server has started. */
    databasePort: number;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  let started: Promise<TestPostgres> | undefined;
  const desk = createServer((asking) => {
    asking.on('error', () => undefined); // the worker is gone
    started ??= import('./postgres.ts').then(({ startPostgres }) => startPostgres());
    started.then(
      ({ url, template }) => asking.end(JSON.stringify({ url, template })),
      (error: unknown) => asking.end(JSON.stringify({ error: String(error) })),
    );
  });
  desk.listen(0, '127.0.0.1');
  await once(desk, 'listening');
  project.provide('databasePort', (desk.address() as AddressInfo).port);
  return async () => {
    desk.close();
    await (await started?.catch(() => undefined))?.stop();
  };
}
