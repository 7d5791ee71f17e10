// The server that a run of tests uses: the one in DATABASE_URL, or an embedded one. Each test file gets a copy of a
// migrated template. A program that runs tests many times creates the template itself and passes it in TEST_TEMPLATE.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '../../src/embedded-postgres/start.ts';
import { copyOfCluster } from './cluster-cache.ts';
import { type DatabaseServer, onServer, urlOf } from './database.ts';

export interface TestPostgres extends DatabaseServer {
  stop(): Promise<void>;
}

export async function startPostgres(): Promise<TestPostgres> {
  const { DATABASE_URL: given, TEST_TEMPLATE: template } = process.env;
  if (given === undefined) return startEmbedded();
  if (template !== undefined) return { url: given, template, stop: async () => {} };
  const own = `stepgate_template_${process.pid}`;
  await createTemplate(given, own);
  return { url: given, template: own, stop: () => onServer(given, `drop database ${own} with (force)`) };
}

async function startEmbedded(): Promise<TestPostgres> {
  const template = 'stepgate_template';
  const dataDir = await mkdtemp(join(tmpdir(), 'stepgate-test-'));
  const start = () => startEmbeddedPostgres({ dataDir, durable: false, log: () => {} });
  await copyOfCluster(dataDir, async () => {
    const postgres = await start();
    await makeConnectingCheap(postgres.url);
    await createTemplate(postgres.url, template);
    await postgres.stop();
  });
  const { url, stop } = await start();
  return {
    url,
    template,
    async stop() {
      await stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** Thousands of connections are opened, and each hashes the password as often as its verifier says. */
async function makeConnectingCheap(serverUrl: string): Promise<void> {
  const { username, password } = new URL(serverUrl);
  await onServer(serverUrl, `set scram_iterations = 1; alter role ${username} password '${password}'`);
}

export async function createTemplate(serverUrl: string, name: string): Promise<void> {
  await onServer(serverUrl, `create database ${name}`);
  const url = urlOf(serverUrl, name);
  const { migrate } = await import('../../src/persistence/migrations.ts'); // takes long, and a kept cluster needs none
  await migrate(url, new Date()); // closes its connections, because a template in use cannot be copied
  // Most tests do not depend on the password length.
  await onServer(url, 'update tenant set password_minimum_length_alone = 8');
}
