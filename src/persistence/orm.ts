// The one MikroORM of a process: entities, connection pool, migrations. The ORM is for entities and migrations;
// hot paths speak SQL through Kysely, on the same connection and in the same transaction.
import { Migrator } from '@mikro-orm/migrations';
import { MikroORM, PostgreSqlDriver } from '@mikro-orm/postgresql';
import type { Pool } from 'pg';
import { MIGRATIONS } from '../../migrations/list.ts';
import { ENTITIES } from './entities.ts';
import { prepareStatements } from './prepared-statements.ts';
import { timestampsAsDates } from './timestamps.ts';

export function openOrm(databaseUrl: string) {
  return MikroORM.init({
    driver: PostgreSqlDriver,
    clientUrl: databaseUrl,
    entities: ENTITIES,
    extensions: [Migrator],
    // One pool a process; bcrypt and not PostgreSQL is what a sign-in waits for, so a small pool is enough.
    pool: { min: 0, max: 20 },
    driverOptions: { onPoolCreated: prepareStatements },
    ensureDatabase: false,
    migrations: { migrationsList: MIGRATIONS, snapshot: false, silent: true },
    // Other programs' tables in the same database (the job queue's) are none of ours to change.
    schemaGenerator: { ignoreSchema: ['graphile_worker'] },
    discovery: { warnWhenNoEntities: true },
  });
}

export type Orm = Awaited<ReturnType<typeof openOrm>>;
export type EntityManager = Orm['em'];

/** Typed SQL on this EntityManager's connection, and in its transaction when it has one. */
export function sqlOf(em: EntityManager) {
  return em.getKysely().withPlugin(timestampsAsDates);
}

/** The pool itself, for a library that speaks to `pg` and not to us. It closes with the ORM. */
export async function poolOf(orm: Orm): Promise<Pool> {
  await orm.em.fork().execute('select 1'); // Kysely ends no pool that it has not used
  return await orm.driver.getConnection().getNativeClient();
}

export type Sql = ReturnType<typeof sqlOf>;
