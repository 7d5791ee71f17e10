// Migrates a database to the current schema. When several processes start at once, an advisory lock lets one migrate
// while the others wait.

import { setTimeout as pause } from 'node:timers/promises';
import { runMigrations } from 'graphile-worker';
import { sql as raw } from 'kysely';
import type pg from 'pg';
import { MIGRATIONS } from '../../migrations/list.ts';
import { OperatorError } from '../platform/operator-error.ts';
import { FOR_COMMANDS, openClient, openPool } from './connection.ts';
import { DEFAULT_TENANT } from './entities/tenant.ts';
import { isUnavailable } from './failure.ts';
import { type Orm, openOrm, sqlOf } from './orm.ts';

/** An arbitrary constant: the first four bytes of "stepgate" in ASCII. */
const MIGRATION_LOCK = 0x73746570;
const LOCK_POLL_MS = 100;

/** The database does not exist, refuses the login, or is read-only. The message does not contain the password. */
export class DatabaseUnreachableError extends OperatorError {
  readonly code = 'DATABASE_UNREACHABLE';
  constructor(databaseUrl: string, code: string) {
    const { host, pathname, username } = new URL(databaseUrl);
    super(
      `Cannot use the database ${pathname.slice(1)} on ${host} as ${username || 'the default user'} (${code}). Check DATABASE_URL, and check that the server is running and accepts writes.`,
    );
  }
}

/** The database schema is older than the program. */
export class NotMigratedError extends OperatorError {
  readonly code = 'DATABASE_NOT_MIGRATED';
  constructor() {
    super(
      'The database schema is out of date. Start the server, which migrates it, or run `npm run migrate`.',
    );
  }
}

/** @returns the names of the applied migrations. @throws {DatabaseUnreachableError} */
export async function migrate(databaseUrl: string, now: Date): Promise<string[]> {
  const lock = await connect(databaseUrl);
  try {
    await takeLock(lock);
    // Almost every start finds nothing to apply. An ORM of its own would take a tenth of the start.
    const applied = (await hasPending(lock)) ? await applyPending(databaseUrl) : [];
    await migrateJobs(databaseUrl);
    await lock.query('insert into tenant (id, created_at) values ($1, $2) on conflict do nothing', [
      DEFAULT_TENANT,
      now,
    ]);
    return applied;
  } catch (error) {
    throw isUnavailable(error) ? unreachable(databaseUrl, error) : error;
  } finally {
    await lock.end();
  }
}

/** Compares with the table in which the migrator records what it has applied. It is missing in a new database. */
async function hasPending(client: pg.Client): Promise<boolean> {
  const { rows: tables } = await client.query<{ exists: boolean }>(
    `select to_regclass('mikro_orm_migrations') is not null as exists`,
  );
  if (tables[0]?.exists !== true) return true;
  const { rows } = await client.query<{ name: string }>('select name from mikro_orm_migrations');
  const applied = new Set(rows.map(({ name }) => name));
  return MIGRATIONS.some(({ name }) => !applied.has(name));
}

/** Without timeouts: a connection of the server would time out before a large index is built. */
async function applyPending(databaseUrl: string): Promise<string[]> {
  const orm = await openOrm(databaseUrl, 'migration', FOR_COMMANDS);
  try {
    return (await orm.migrator.up()).map(({ name }) => name);
  } finally {
    await orm.close();
  }
}

/** The job queue migrates its own tables. */
async function migrateJobs(databaseUrl: string): Promise<void> {
  const pool = openPool(databaseUrl, 'migration', FOR_COMMANDS);
  try {
    await runMigrations({ pgPool: pool });
  } finally {
    await pool.end();
  }
}

/**
 * Asks again and again, instead of waiting in PostgreSQL: a statement that waits is one that an index built concurrently
 * waits for.
 */
async function takeLock(client: pg.Client): Promise<void> {
  const ask = () =>
    client.query<{ taken: boolean }>('select pg_try_advisory_lock($1) as taken', [MIGRATION_LOCK]);
  while ((await ask()).rows[0]?.taken !== true) await pause(LOCK_POLL_MS);
}

/** For `/readyz`: all migrations are applied, and the database accepts writes, unlike a standby. */
export async function isReady(orm: Orm): Promise<boolean> {
  const writes = raw<{ writes: boolean }>`select current_setting('transaction_read_only') = 'off' as writes`;
  const { rows } = await writes.execute(sqlOf(orm.em.fork()));
  return rows[0]?.writes === true && (await isMigrated(orm));
}

export async function isMigrated(orm: Orm): Promise<boolean> {
  return (await orm.migrator.getPending()).length === 0;
}

/** For a program that does not migrate. @throws {DatabaseUnreachableError} @throws {NotMigratedError} */
export async function requireMigrated(orm: Orm, databaseUrl: string): Promise<void> {
  await requireReachable(databaseUrl);
  if (!(await isMigrated(orm))) throw new NotMigratedError();
}

/** @throws {DatabaseUnreachableError} */
export async function requireReachable(databaseUrl: string): Promise<void> {
  await (await connect(databaseUrl)).end();
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
