// `admin unlock jane@example.com`: does what the mutation `unlockUser` does, for when the only administrator is locked
// out.
import { unlockUser } from '../../factors/administration.ts';
import { systemClock } from '../../platform/clock.ts';
import { afterHelp } from '../help.ts';
import type { Define } from '../run-command.ts';
import { adminAction, NOT_FOUND, OPERATOR, TENANT_OPTION } from './command.ts';
import { ownerOf, readEmail } from './owner.ts';

export const unlock: Define = (command, cli) => {
  command
    .argument('<EMAIL>', 'an email address that the user has verified')
    .option(...TENANT_OPTION)
    .addHelpText(
      'after',
      afterHelp({ examples: ['stepgate admin unlock jane@example.com'], unmet: NOT_FOUND }),
    )
    .action(
      adminAction(cli, (address, { tenant: tenantId }) => {
        const email = readEmail(address);
        return async (em) => {
          const { id } = await ownerOf(em, email, tenantId);
          await unlockUser(id, { em, tenantId, actor: OPERATOR, now: systemClock.now() });
          return `All lockouts of ${email} have been lifted.`;
        };
      }),
    );
};
