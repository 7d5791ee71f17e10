// A running Stepgate server for tests, with its own database, a clock that the test controls, and its log.
import './database.ts'; // first, because the database can start while the server is loaded
import { randomUUID } from 'node:crypto';
import { type App, startApp } from '../../src/app.ts';
import { readConfig } from '../../src/config/config.ts';
import { createLog } from '../../src/platform/log.ts';
import { TestClock } from './clock.ts';
import { databaseServer, onServer, urlOf } from './database.ts';

export interface TestApp extends AsyncDisposable {
  readonly url: string;
  readonly databaseUrl: string;
  readonly clock: TestClock;
  /** All log lines, at level trace. */
  readonly log: string[];
  readonly app: App;
}

export const TEST_ENVIRONMENT = {
  NODE_ENV: 'test',
  PORT: '0',
  PUBLIC_URL: 'http://localhost:4000',
  BCRYPT_COST: '4',
  LOG_LEVEL: 'trace',
  // High limits, because all tests send from one address.
  SMS_PER_NUMBER_HOURLY: '1000',
  SMS_PER_ACCOUNT_HOURLY: '1000',
  SMS_PER_PREFIX_HOURLY: '100000',
  MAIL_PER_ADDRESS_HOURLY: '1000',
  MAIL_PER_PREFIX_HOURLY: '100000',
  FAILURES_PER_IP_HOURLY: '100000',
  FAILURES_PER_PREFIX_HOURLY: '100000',
  STARTS_PER_IP_HOURLY: '100000',
  STARTS_PER_PREFIX_HOURLY: '100000',
};

/** The default ages. */
export const RETENTION = readConfig({}).retention;

export async function testDatabase(): Promise<{ url: string; drop: () => Promise<void> }> {
  const { url: serverUrl, template } = await databaseServer();
  const name = `stepgate_${randomUUID().replaceAll('-', '')}`;
  await onServer(serverUrl, `create database ${name} template ${template} strategy file_copy`);
  return {
    url: urlOf(serverUrl, name),
    // PostgreSQL waits for connections that are closing. Terminating them would fail their owner.
    drop: () =>
      onServer(serverUrl, `drop database if exists ${name}`).catch(() =>
        onServer(serverUrl, `drop database if exists ${name} with (force)`),
      ),
  };
}

/**
 * @param environment additional configuration.
 * @param databaseUrl the database of another app, for a second node or a restart. That database is not dropped.
 */
export async function startTestApp(
  environment: Readonly<Record<string, string>> = {},
  databaseUrl?: string,
  clock = new TestClock(),
): Promise<TestApp> {
  const database =
    databaseUrl === undefined ? await testDatabase() : { url: databaseUrl, drop: async () => {} };
  const log: string[] = [];
  const app = await startApp({
    config: readConfig({ ...TEST_ENVIRONMENT, ...environment }),
    databaseUrl: database.url,
    log: createLog('trace', { write: (line) => log.push(line) }),
    clock,
  });
  return {
    url: app.url,
    databaseUrl: database.url,
    clock,
    log,
    app,
    async [Symbol.asyncDispose]() {
      await app.stop();
      await database.drop();
    },
  };
}
