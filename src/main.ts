// The start: configuration, a database, the app, and a clean end on SIGTERM or SIGINT.
import { type App, startApp } from './app.ts';
import { type Config, ConfigError, readConfig } from './config/config.ts';
import {
  type EmbeddedPostgres,
  EmbeddedPostgresError,
  startEmbeddedPostgres,
} from './persistence/embedded-postgres.ts';
import { createLog, type Log } from './platform/log.ts';

async function main(): Promise<void> {
  const config = readConfig(process.env);
  const log = createLog(config.logLevel);
  const embedded = config.databaseUrl === null ? await embeddedDatabase(config, log) : null;
  const databaseUrl = config.databaseUrl ?? embedded?.url ?? '';
  const app = await startApp({ config, databaseUrl, log }).catch(async (error: unknown) => {
    await embedded?.stop();
    throw error;
  });
  stopOnSignal(app, embedded, log);
  announce(app, config);
}

function embeddedDatabase({ dataDir }: Config, log: Log): Promise<EmbeddedPostgres> {
  return startEmbeddedPostgres({ dataDir, durable: true, log: (line) => log.debug({ postgres: line }) });
}

function stopOnSignal(app: App, embedded: EmbeddedPostgres | null, log: Log): void {
  let isStopping = false;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (isStopping) return;
      isStopping = true;
      log.info({ signal }, 'stopping');
      app
        .stop()
        .then(() => embedded?.stop())
        .then(
          () => log.info('stopped'),
          (error: unknown) => {
            log.error({ err: error }, 'stopped badly');
            process.exitCode = 1;
          },
        );
    });
  }
}

/** For the person at the terminal; the log is for machines. */
function announce({ url }: App, { production, databaseUrl }: Config): void {
  const lines = [
    '',
    `  GraphiQL and the API    ${url}/graphql`,
    ...(production ? [] : [`  Development inbox       ${url}/dev/inbox`]),
    `  Keys of access tokens   ${url}/.well-known/jwks.json`,
    ...(databaseUrl === null
      ? ['', '  On the embedded PostgreSQL: set DATABASE_URL for one of your own.']
      : []),
    '',
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

main().catch((error: unknown) => {
  const isExpected = error instanceof ConfigError || error instanceof EmbeddedPostgresError;
  process.stderr.write(
    `${isExpected ? error.message : error instanceof Error ? error.stack : String(error)}\n`,
  );
  process.exitCode = 1;
});
