// What administrators do for a user who is locked out.
import { type Administrator, removeSecondFactors, unlockUser } from '../../factors/administration.ts';
import { byAdministrator } from '../../persistence/audit.ts';
import { builder } from '../builder.ts';
import { type GraphQLContext, signedIn } from '../context.ts';
import { isUuid, NotFound } from '../input.ts';
import { UserType } from '../types/user.ts';

function administratorOf(context: GraphQLContext): Administrator {
  const { services, session, em, client } = signedIn(context);
  return {
    em,
    tenantId: session.tenantId,
    actor: byAdministrator(session, client),
    now: services.clock.now(),
  };
}

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
      if (!isUuid(id) || !(await unlockUser(id, administratorOf(context)))) throw new NotFound();
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
      const administrator = administratorOf(context);
      if (!isUuid(id) || !(await removeSecondFactors(context.services, id, administrator)))
        throw new NotFound();
      return { id };
    },
  }),
);
