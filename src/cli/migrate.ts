// `stepgate migrate`: migrates the database in DATABASE_URL, or the embedded one, to the current schema, as the server
// does when it starts.
import { migrate as migrateDatabase } from '../persistence/migrations.ts';
import { systemClock } from '../platform/clock.ts';
import { afterHelp } from './help.ts';
import { onAnyDatabase } from './on-database.ts';
import type { Define } from './run-command.ts';

export const migrate: Define = (command, cli) => {
  command
    .addArgument(
      command
        .createArgument('[WHAT]', 'also print the SQL for a new migration, after an entity has changed')
        .choices(['diff']),
    )
    .addHelpText('after', afterHelp({ examples: ['stepgate migrate', 'stepgate migrate diff'] }))
    .action(
      cli.action((what) =>
        onAnyDatabase(cli, async ({ orm, databaseUrl }) => {
          const applied = await migrateDatabase(databaseUrl, systemClock.now());
          cli.say(applied.length > 0 ? `Applied: ${applied.join(', ')}.` : 'Nothing to do.');
          if (what === 'diff') cli.stdout.write(await orm.schema.getUpdateSchemaSQL());
          return 0;
        }),
      ),
    );
};
