// One PostgreSQL server for the whole run: the embedded one, or the one in DATABASE_URL. A migrated template is created
// once, and each test file uses a copy. A program that runs tests many times creates the template itself and passes it
// in TEST_TEMPLATE.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { startEmbeddedPostgres } from '../../src/embedded-postgres/start.ts';
import { migrate } from '../../src/persistence/migrations.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** The server on which tests create databases. */
    databaseUrl: string;
    templateName: string;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const given = process.env['DATABASE_URL'];
  const template = process.env['TEST_TEMPLATE'];
  if (given !== undefined && template !== undefined) {
    project.provide('databaseUrl', given);
    project.provide('templateName', template);
    return async () => {};
  }
  const dataDir = await mkdtemp(join(tmpdir(), 'stepgate-test-'));
  const embedded =
    given === undefined ? await startEmbeddedPostgres({ dataDir, durable: false, log: () => {} }) : null;
  const serverUrl = given ?? embedded?.url ?? '';
  if (embedded !== null) await makeConnectingCheap(serverUrl);
  const templateName = await createTemplate(serverUrl);
  project.provide('databaseUrl', serverUrl);
  project.provide('templateName', templateName);
  return async () => {
    if (embedded === null) await onServer(serverUrl, `drop database ${templateName} with (force)`);
    await embedded?.stop();
    await rm(dataDir, { recursive: true, force: true });
  };
}

/** Thousands of connections are opened, and each hashes the password as often as its verifier says. */
async function makeConnectingCheap(serverUrl: string): Promise<void> {
  const { username, password } = new URL(serverUrl);
  await onServer(serverUrl, `set scram_iterations = 1; alter role ${username} password '${password}'`);
}

/** @returns the name of the template. */
export async function createTemplate(serverUrl: string): Promise<string> {
  const name = `stepgate_template_${process.pid}`;
  await onServer(serverUrl, `create database ${name}`);
  const url = urlOf(serverUrl, name);
  await migrate(url, new Date()); // closes its connections, because a template in use cannot be copied
  // Most tests do not depend on the password length.
  await onServer(url, 'update tenant set password_minimum_length_alone = 8');
  return name;
}

export async function onServer(serverUrl: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: serverUrl });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

export function urlOf(serverUrl: string, database: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${database}`;
  return url.href;
}
