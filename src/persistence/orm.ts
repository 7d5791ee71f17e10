// The MikroORM instance of a process: entities, connection pool, migrations. Hot paths use SQL through Kysely, on the
// same connection and in the same transaction.
import { Migrator } from '@mikro-orm/migrations';
import { MikroORM, PostgreSqlDriver } from '@mikro-orm/postgresql';
import type { Pool } from 'pg';
import { MIGRATIONS } from '../../migrations/list.ts';
import { FOR_REQUESTS, type Patience, poolOptions, watchPool } from './connection.ts';
import { ENTITIES } from './entities.ts';
import { timestampsAsDates } from './timestamps.ts';

/** @param part the part of Stepgate that connects, as shown in `pg_stat_activity`. */
export function openOrm(databaseUrl: string, part = 'server', patience: Patience = FOR_REQUESTS) {
  return MikroORM.init({
    driver: PostgreSqlDriver,
    clientUrl: databaseUrl,
    entities: ENTITIES,
    extensions: [Migrator],
    // One pool per process. A small pool is enough, because sign-ins wait for bcrypt rather than PostgreSQL. Some of its
    // connections stay open when they are idle, because their prepared statements would be lost with them.
    pool: { min: 4, max: 20 },
    driverOptions: { ...poolOptions(part, patience), onPoolCreated: watchPool },
    ensureDatabase: false,
    // Each migration commits by itself: some build indexes concurrently, which is not possible in a transaction.
    migrations: { migrationsList: MIGRATIONS, allOrNothing: false, snapshot: false, silent: true },
    // The job queue manages its own tables. Our own functions and triggers are written by hand, in migrations.
    schemaGenerator: { ignoreSchema: ['graphile_worker'], ignoreRoutines: true, ignoreTriggers: true },
    discovery: { warnWhenNoEntities: true },
  });
}

export type Orm = Awaited<ReturnType<typeof openOrm>>;
export type EntityManager = Orm['em'];

/** Typed SQL on this EntityManager's connection, and in its transaction if there is one. */
export function sqlOf(em: EntityManager) {
  return em.getKysely().withPlugin(timestampsAsDates);
}

/** The pool, for a library that uses `pg` directly. It closes with the ORM. */
export async function poolOf(orm: Orm): Promise<Pool> {
  await orm.em.fork().execute('select 1'); // Kysely closes only a pool that it has used
  return await orm.driver.getConnection().getNativeClient();
}

export type Sql = ReturnType<typeof sqlOf>;
