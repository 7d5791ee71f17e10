// What administrators do for a user who is locked out.
import { removeSecondFactors, unlockUser } from '../../factors/administration.ts';
import { builder } from '../builder.ts';
import { signedIn } from '../context.ts';
import { isUuid, NotFound } from '../input.ts';
import { UserType } from '../types/user.ts';

const USER_ID = { required: true, description: 'The user’s id.' } as const;

builder.mutationField('unlockUser', (t) =>
  t.errorUnionField({
    types: [UserType, NotFound],
    nullable: true,
    requiresRole: 'ADMIN',
    stepUp: true,
    description: 'Lifts every lockout of a user of your tenant.',
    args: { id: t.arg.id(USER_ID) },
    resolve: async (_root, { id }, context) => {
      const { services, session, em, client } = signedIn(context);
      const administrator = { em, client, tenantId: session.tenantId, now: services.clock.now() };
      if (!isUuid(id) || !(await unlockUser(id, administrator))) throw new NotFound();
      return { id };
    },
  }),
);

builder.mutationField('removeSecondFactors', (t) =>
  t.errorUnionField({
    types: [UserType, NotFound],
    nullable: true,
    requiresRole: 'ADMIN',
    stepUp: true,
    description:
      'Takes every second factor and backup code from a user of your tenant who has lost them, and ends all their sessions. Be sure who it is that asks: from then on the first factor alone signs them in, or resets their password. The user gets a message.',
    args: { id: t.arg.id(USER_ID) },
    resolve: async (_root, { id }, context) => {
      const { services, session, em, client } = signedIn(context);
      const administrator = { em, client, tenantId: session.tenantId, now: services.clock.now() };
      if (!isUuid(id) || !(await removeSecondFactors(services, id, administrator))) throw new NotFound();
      return { id };
    },
  }),
);
