// What administrators can do for users who are locked out.
import { removeSecondFactors, unlockUser } from '../../factors/administration.ts';
import { LastWayIn } from '../../factors/last-way-in.ts';
import { administratorOf } from '../administrator.ts';
import { builder } from '../builder.ts';
import { isUuid, NotFound } from '../input.ts';
import { UserType } from '../types/user.ts';

const USER_ID = { required: true, description: 'The id of the user.' } as const;

builder.mutationField('unlockUser', (t) =>
  t.errorUnionField({
    types: [UserType, NotFound],
    nullable: true,
    requiresRole: 'ADMIN',
    stepUp: true,
    description: 'Unlocks a user of your tenant who is locked out after too many failed attempts.',
    args: { id: t.arg.id(USER_ID) },
    resolve: async (_root, { id }, context) => {
      if (!isUuid(id) || !(await unlockUser(id, administratorOf(context)))) throw new NotFound();
      return { id };
    },
  }),
);

builder.mutationField('removeSecondFactors', (t) =>
  t.errorUnionField({
    types: [UserType, NotFound, LastWayIn],
    nullable: true,
    requiresRole: 'ADMIN',
    stepUp: true,
    description:
      'Removes all second factors and backup codes of a user of your tenant who has lost them, and ends all the user’s sessions. Verify the identity of the person who asks for this: afterwards, the first factor alone is enough to sign in or to reset the password. The user is notified.',
    args: { id: t.arg.id(USER_ID) },
    resolve: async (_root, { id }, context) => {
      const administrator = administratorOf(context);
      if (!isUuid(id) || !(await removeSecondFactors(context.services, id, administrator)))
        throw new NotFound();
      return { id };
    },
  }),
);
