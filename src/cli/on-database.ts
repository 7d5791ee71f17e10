// What commands do on the database: it is opened and closed, and what an operator can mend is told in a sentence, without
// a stack. On the embedded PostgreSQL they work while the server is stopped.
import { type Config, ConfigError, readConfig } from '../config/config.ts';
import { FOR_COMMANDS } from '../persistence/connection.ts';
import { openDatabase } from '../persistence/database.ts';
import { EmbeddedPostgresError } from '../persistence/embedded-postgres/start.ts';
import { DatabaseUnreachableError, NotMigratedError, requireMigrated } from '../persistence/migrations.ts';
import { type Orm, openOrm } from '../persistence/orm.ts';

/** What an operator can mend: told by its message alone. */
export const DATABASE_MISTAKES = [
  ConfigError,
  EmbeddedPostgresError,
  DatabaseUnreachableError,
  NotMigratedError,
] as const;

interface Opened {
  readonly config: Config;
  readonly orm: Orm;
  readonly databaseUrl: string;
}

export async function onDatabase<T>(
  say: (line: string) => void,
  work: (opened: Opened) => Promise<T>,
): Promise<T> {
  const config = readConfig(process.env);
  const database = await openDatabase(config, say, () => {});
  const orm = await openOrm(database.url, 'command', FOR_COMMANDS);
  try {
    await requireMigrated(orm, database.url);
    return await work({ config, orm, databaseUrl: database.url });
  } finally {
    await orm.close();
    await database.stop();
  }
}
