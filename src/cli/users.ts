// `stepgate users`: imports, exports and deletes users.
import { cancelDeletionOfUser, deleteUser } from './delete-user.ts';
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
  deleteUser(command.command('delete').description('delete the account of a user in 14 days'), cli);
  cancelDeletionOfUser(
    command.command('cancel-deletion').description('keep an account whose deletion is scheduled'),
    cli,
  );
  command.addHelpText(
    'after',
    afterHelp({
      examples: [
        'stepgate users import users.csv --from clerk --dry-run',
        'stepgate users export users.ndjson',
        'stepgate users delete jane@example.com',
      ],
    }),
  );
};
