// `npm run migrate` migrates the database in DATABASE_URL, or the embedded one, to the current schema, as the server does
// when it starts. `npm run migrate -- diff` prints the SQL for a new migration after an entity has changed.
import { migrate } from '../persistence/migrations.ts';
import { systemClock } from '../platform/clock.ts';
import { printFailure } from '../platform/operator-error.ts';
import { onAnyDatabase } from './on-database.ts';

const say = (line: string): void => void process.stdout.write(`${line}\n`);

await onAnyDatabase(say, async ({ orm, databaseUrl }) => {
  const applied = await migrate(databaseUrl, systemClock.now());
  say(applied.length > 0 ? `Applied: ${applied.join(', ')}.` : 'Nothing to do.');
  if (process.argv[2] === 'diff') process.stdout.write(await orm.schema.getUpdateSchemaSQL());
}).catch((error: unknown) => {
  process.exitCode = printFailure(error, process.stderr);
});
