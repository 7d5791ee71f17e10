// `npm run migrate` brings the database of DATABASE_URL to the current schema; the server does the same when it
// starts. `npm run migrate -- diff` prints the SQL that a new migration would need, for whoever changed an entity.
import { readConfig } from '../config/config.ts';
import { FOR_COMMANDS } from '../persistence/connection.ts';
import { migrate } from '../persistence/migrations.ts';
import { openOrm } from '../persistence/orm.ts';
import { systemClock } from '../platform/clock.ts';

const { databaseUrl } = readConfig(process.env);
if (databaseUrl === null) {
  process.stderr.write('Set DATABASE_URL. The embedded PostgreSQL is migrated when the server starts.\n');
  process.exit(1);
}
const applied = await migrate(databaseUrl, systemClock.now());
process.stdout.write(applied.length > 0 ? `Applied: ${applied.join(', ')}.\n` : 'Nothing to do.\n');
if (process.argv[2] === 'diff') {
  const orm = await openOrm(databaseUrl, 'migration', FOR_COMMANDS);
  process.stdout.write(await orm.schema.getUpdateSchemaSQL());
  await orm.close();
}
