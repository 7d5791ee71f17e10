// What commands do on the database: it is opened and closed, and what an operator can fix is told in a sentence, without a
// stack. On the embedded PostgreSQL they work while the server is stopped, also where no server has ever run: that database
// is ours alone, so it is brought to the current schema as the server would.
import { type Config, ConfigError, readConfig } from '../config/config.ts';
import { FOR_COMMANDS } from '../persistence/connection.ts';
import { openDatabase } from '../persistence/database.ts';
import { EmbeddedPostgresError } from '../persistence/embedded-postgres/start.ts';
import {
  DatabaseUnreachableError,
  migrate,
  NotMigratedError,
  requireMigrated,
} from '../persistence/migrations.ts';
import { type Orm, openOrm } from '../persistence/orm.ts';
import { systemClock } from '../platform/clock.ts';

/** What an operator can fix: told by its message alone. */
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

/** @throws {NotMigratedError} for a database of the operator's own that lacks migrations. */
export function onDatabase<T>(say: (line: string) => void, work: (opened: Opened) => Promise<T>): Promise<T> {
  return onAnyDatabase(say, async (opened) => {
    const { config, orm, databaseUrl } = opened;
    if (config.databaseUrl === null) await migrate(databaseUrl, systemClock.now());
    else await requireMigrated(orm, databaseUrl);
    return await work(opened);
  });
}

/** Whatever its schema is. */
export async function onAnyDatabase<T>(
  say: (line: string) => void,
  work: (opened: Opened) => Promise<T>,
): Promise<T> {
  const config = readConfig(process.env);
  const database = await openDatabase(config, say, () => {});
  const orm = await openOrm(database.url, 'command', FOR_COMMANDS);
  try {
    return await work({ config, orm, databaseUrl: database.url });
  } finally {
    await orm.close();
    await database.stop();
  }
}
