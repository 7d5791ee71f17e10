// Opens the database for a command and closes it afterwards. With the embedded PostgreSQL, commands run while the
// server is stopped, even before its first start: that database belongs to Stepgate, so the command migrates it as the
// server would.
import { type Config, readConfig } from '../config/config.ts';
import { FOR_COMMANDS } from '../persistence/connection.ts';
import { openDatabase } from '../persistence/database.ts';
import { migrate, requireMigrated } from '../persistence/migrations.ts';
import { type Orm, openOrm } from '../persistence/orm.ts';
import { systemClock } from '../platform/clock.ts';
import type { Cli } from './run-command.ts';

interface Opened {
  readonly config: Config;
  readonly orm: Orm;
  readonly databaseUrl: string;
}

/** @throws {NotMigratedError} when the database in DATABASE_URL lacks migrations. */
export function onDatabase<const T>(cli: Cli, work: (opened: Opened) => Promise<T>): Promise<T> {
  return onAnyDatabase(cli, async (opened) => {
    const { config, orm, databaseUrl } = opened;
    if (config.databaseUrl === null) await migrate(databaseUrl, systemClock.now());
    else await requireMigrated(orm, databaseUrl);
    return await work(opened);
  });
}

/** Does not check or migrate the schema. */
export async function onAnyDatabase<const T>(
  { env, say }: Cli,
  work: (opened: Opened) => Promise<T>,
): Promise<T> {
  const config = readConfig(env);
  const database = await openDatabase(config, say, () => {});
  const orm = await openOrm(database.url, 'command', FOR_COMMANDS);
  try {
    return await work({ config, orm, databaseUrl: database.url });
  } finally {
    await orm.close();
    await database.stop();
  }
}
