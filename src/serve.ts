// Runs the server: configuration, database, app. Shuts it down on SIGTERM or SIGINT, and when the npm that started it
// exits.
import { type App, startApp } from './app.ts';
import { type Config, readConfig } from './config/config.ts';
import { type Database, openDatabase } from './persistence/database.ts';
import { createLog, type Log } from './platform/log.ts';
import { whenOrphaned } from './platform/orphan.ts';
import { graphiqlBuild } from './server/graphiql-build.ts';

/** Returns when the server serves. */
export async function serve(env: Readonly<Record<string, string | undefined>>): Promise<void> {
  const config = readConfig(env);
  const log = createLog(config.logLevel);
  const say = (line: string): void => void process.stdout.write(`${line}\n`);
  if (config.graphiql) warmUpGraphiQL(log);
  const database = await openDatabase(config, say, (line) => log.debug({ postgres: line }));
  const app = await startApp({ config, databaseUrl: database.url, log }).catch(async (error: unknown) => {
    await database.stop();
    throw error;
  });
  const stopping = new AbortController();
  stopping.signal.addEventListener('abort', () => void end(app, database, log, stopping.signal.reason));
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stopping.abort(signal));
  if (config.isNpmScript) whenOrphaned(() => stopping.abort('npm exited'));
  void database.lost.then(() => {
    if (stopping.signal.aborted) return;
    // Nothing works without the database. The supervisor of this process should restart both.
    process.stderr.write(
      'The embedded PostgreSQL stopped unexpectedly. Restart the server. To see the PostgreSQL log, set LOG_LEVEL=debug.\n',
    );
    process.exit(1);
  });
  announce(app, config);
}

/** So that the first visitor does not wait while GraphiQL is built. */
function warmUpGraphiQL(log: Log): void {
  graphiqlBuild().catch((error: unknown) => log.warn({ err: error }, 'GraphiQL is not available'));
}

async function end(app: App, database: Database, log: Log, reason: string): Promise<void> {
  log.info({ reason }, 'stopping');
  try {
    await app.stop();
    await database.stop();
    log.info('stopped');
  } catch (error) {
    log.error({ err: error }, 'shutdown failed');
    process.exitCode = 1;
  }
}

/** Prints the addresses for the person at the terminal. */
function announce({ url: listensOn, secureUrl }: App, { production, databaseUrl }: Config): void {
  // Browsers offer passkeys to a name, and keep the cookies of a name apart from those of an address.
  const url = listensOn.replace('//127.0.0.1:', '//localhost:');
  const lines = [
    '',
    `  GraphiQL and the API    ${url}/graphql`,
    ...(production ? [] : [`  Development inbox       ${url}/dev/inbox`]),
    `  Access token keys       ${url}/.well-known/jwks.json`,
    ...(secureUrl === null ? [] : [`  With a certificate      ${secureUrl}/graphql`]),
    ...(databaseUrl === null
      ? ['', '  Using the embedded PostgreSQL. To use your own, set DATABASE_URL.']
      : []),
    '',
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}
