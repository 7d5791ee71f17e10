// `stepgate admin`: administration from the command line, for example to appoint the first administrator. With the
// embedded PostgreSQL, stop the server first.
import { NOT_FOUND } from './admin/command.ts';
import { grant, withdraw } from './admin/role.ts';
import { tenant } from './admin/tenant.ts';
import { unlock } from './admin/unlock.ts';
import { afterHelp } from './help.ts';
import type { Define } from './run-command.ts';

export const admin: Define = (command, cli) => {
  grant(command.command('grant').description('give a role to a user'), cli);
  withdraw(command.command('withdraw').description('take a role from a user'), cli);
  unlock(command.command('unlock').description('lift all lockouts of a user'), cli);
  tenant(command.command('tenant').description('show, create or change a tenant and its policy'), cli);
  command.addHelpText(
    'after',
    afterHelp({
      examples: [
        'stepgate admin grant ADMIN jane@example.com',
        'stepgate admin tenant acme --create --second-factor REQUIRED',
      ],
      unmet: NOT_FOUND,
    }),
  );
};
