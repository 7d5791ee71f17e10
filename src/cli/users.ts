// `stepgate users`: imports and exports users.
import { exportUsers } from './export-users.ts';
import { afterHelp } from './help.ts';
import { importUsers } from './import-users.ts';
import type { Define } from './run-command.ts';

export const users: Define = (command, cli) => {
  importUsers(
    command.command('import').description('import the users of another system, or of another Stepgate'),
    cli,
  );
  exportUsers(
    command.command('export').description('write the users of a tenant to a file that `import` reads'),
    cli,
  );
  command.addHelpText(
    'after',
    afterHelp({
      examples: [
        'stepgate users import users.csv --from clerk --dry-run',
        'stepgate users export users.ndjson',
      ],
    }),
  );
};
