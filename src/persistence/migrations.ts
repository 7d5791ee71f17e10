// Brings a database to the current schema. Several processes may start at once: an advisory lock lets one work
// and the others wait.
import { runMigrations } from 'graphile-worker';
import { sql as raw } from 'kysely';
import type pg from 'pg';
import { FOR_COMMANDS, openClient, openPool } from './connection.ts';
import { DEFAULT_TENANT } from './entities/tenant.ts';
import { isUnavailable } from './failure.ts';
import { type Orm, openOrm, sqlOf } from './orm.ts';

/** Any constant will do, as long as it is ours: "stepgate" in ASCII, its first four bytes. */
const MIGRATION_LOCK = 0x73746570;

/** There is no such database, it does not let us in, or it does not write. The password of its URL is not repeated. */
export class DatabaseUnreachableError extends Error {
  override readonly name = 'DatabaseUnreachableError';
  constructor(databaseUrl: string, code: string) {
    const { host, pathname, username } = new URL(databaseUrl);
    super(
      `PostgreSQL at ${host} does not let ${username || 'us'} use the database ${pathname.slice(1)} (${code}). Check DATABASE_URL, and that the server runs and accepts writes.`,
    );
  }
}

/** The program is newer than the database. */
export class NotMigratedError extends Error {
  override readonly name = 'NotMigratedError';
  constructor() {
    super('The database lacks migrations. Start the server, which applies them, or run `npm run migrate`.');
  }
}

/** @returns the names of the migrations that were applied. @throws {DatabaseUnreachableError} */
export async function migrate(databaseUrl: string, now: Date): Promise<string[]> {
  const lock = await connect(databaseUrl);
  try {
    await lock.query('select pg_advisory_lock($1)', [MIGRATION_LOCK]);
    // With the patience of a command: the server's own connections would give up before a large index is built.
    await using opened = new AsyncDisposableStack();
    const orm = await openOrm(databaseUrl, 'migration', FOR_COMMANDS);
    opened.defer(() => orm.close());
    const pool = openPool(databaseUrl, 'migration', FOR_COMMANDS);
    opened.defer(() => pool.end());
    const applied = await orm.migrator.up();
    await runMigrations({ pgPool: pool });
    await sqlOf(orm.em.fork())
      .insertInto('tenant')
      .values({ id: DEFAULT_TENANT, created_at: now })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    return applied.map((migration) => migration.name);
  } catch (error) {
    throw isUnavailable(error) ? unreachable(databaseUrl, error) : error;
  } finally {
    await lock.end();
  }
}

/** What `/readyz` asks: every migration is applied, and the database takes writes, which a standby does not. */
export async function isReady(orm: Orm): Promise<boolean> {
  const writes = raw<{ writes: boolean }>`select current_setting('transaction_read_only') = 'off' as writes`;
  const { rows } = await writes.execute(sqlOf(orm.em.fork()));
  return rows[0]?.writes === true && (await isMigrated(orm));
}

export async function isMigrated(orm: Orm): Promise<boolean> {
  return (await orm.migrator.getPending()).length === 0;
}

/** For a program that leaves the schema as it is. @throws {DatabaseUnreachableError} @throws {NotMigratedError} */
export async function requireMigrated(orm: Orm, databaseUrl: string): Promise<void> {
  await (await connect(databaseUrl)).end();
  if (!(await isMigrated(orm))) throw new NotMigratedError();
}

async function connect(databaseUrl: string): Promise<pg.Client> {
  return openClient(databaseUrl, 'migration').catch((error: unknown) => {
    throw unreachable(databaseUrl, error);
  });
}

function unreachable(databaseUrl: string, error: unknown): DatabaseUnreachableError {
  const { code, message } = error as Error & { code?: string };
  return new DatabaseUnreachableError(databaseUrl, code ?? message);
}
