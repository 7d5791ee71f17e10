// Brings a database to the current schema. Several processes may start at once: an advisory lock lets one work
// and the others wait.
import { runMigrations } from 'graphile-worker';
import pg from 'pg';
import { DEFAULT_TENANT } from './entities/tenant.ts';
import { type Orm, sqlOf } from './orm.ts';

/** Any constant will do, as long as it is ours: "stepgate" in ASCII, its first four bytes. */
const MIGRATION_LOCK = 0x73746570;

/** There is no such database, or it lets us not in. The password of its URL is not repeated. */
export class DatabaseUnreachableError extends Error {
  override readonly name = 'DatabaseUnreachableError';
  constructor(databaseUrl: string, code: string) {
    const { host, pathname, username } = new URL(databaseUrl);
    super(
      `PostgreSQL at ${host} does not let ${username || 'us'} use the database ${pathname.slice(1)} (${code}). Check DATABASE_URL, and that it runs.`,
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
export async function migrate(orm: Orm, databaseUrl: string, now: Date): Promise<string[]> {
  const client = await connect(databaseUrl);
  try {
    await client.query('select pg_advisory_lock($1)', [MIGRATION_LOCK]);
    const applied = await orm.migrator.up();
    await runMigrations({ connectionString: databaseUrl });
    await sqlOf(orm.em.fork())
      .insertInto('tenant')
      .values({ id: DEFAULT_TENANT, created_at: now })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    return applied.map((migration) => migration.name);
  } finally {
    await client.end();
  }
}

/** What `/readyz` asks: every migration applied. */
export async function isMigrated(orm: Orm): Promise<boolean> {
  return (await orm.migrator.getPending()).length === 0;
}

/** For a program that leaves the schema as it is. @throws {DatabaseUnreachableError} @throws {NotMigratedError} */
export async function requireMigrated(orm: Orm, databaseUrl: string): Promise<void> {
  await (await connect(databaseUrl)).end();
  if (!(await isMigrated(orm))) throw new NotMigratedError();
}

async function connect(databaseUrl: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect().catch((error: Error & { code?: string }) => {
    throw new DatabaseUnreachableError(databaseUrl, error.code ?? error.message);
  });
  return client;
}
