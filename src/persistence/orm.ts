// The one MikroORM of a process: entities, connection pool, migrations. The ORM is for entities and migrations;
// hot paths speak SQL through Kysely, on the same connection and in the same transaction.
import { Migrator } from '@mikro-orm/migrations';
import { MikroORM, PostgreSqlDriver } from '@mikro-orm/postgresql';
import type { Pool } from 'pg';
import { MIGRATIONS } from '../../migrations/list.ts';
import { FOR_REQUESTS, type Patience, poolOptions, watchPool } from './connection.ts';
import { ENTITIES } from './entities.ts';
import { timestampsAsDates } from './timestamps.ts';

/** @param part of Stepgate that it is for, as `pg_stat_activity` shows it. */
export function openOrm(databaseUrl: string, part = 'server', patience: Patience = FOR_REQUESTS) {
  return MikroORM.init({
    driver: PostgreSqlDriver,
    clientUrl: databaseUrl,
    entities: ENTITIES,
    extensions: [Migrator],
    // One pool a process; bcrypt and not PostgreSQL is what a sign-in waits for, so a small pool is enough.
    pool: { min: 0, max: 20 },
    driverOptions: { ...poolOptions(part, patience), onPoolCreated: watchPool },
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
