// `unlock jane@example.com`: does what the mutation `unlockUser` does, for when the only administrator is locked out.
import { unlockUser } from '../../factors/administration.ts';
import { systemClock } from '../../platform/clock.ts';
import { readWords } from '../arguments.ts';
import { type Command, OPERATOR, TENANT_OPTION } from './command.ts';
import { ownerOf, readEmail } from './owner.ts';

export const unlock: Command = {
  usage: 'EMAIL [--tenant NAME]',
  read(args) {
    const { words, values } = readWords(args, ['EMAIL'], TENANT_OPTION);
    const email = readEmail(words[0]);
    return async (em) => {
      const { id } = await ownerOf(em, email, values.tenant);
      await unlockUser(id, { em, tenantId: values.tenant, actor: OPERATOR, now: systemClock.now() });
      return `All lockouts of ${email} have been lifted.`;
    };
  },
};
