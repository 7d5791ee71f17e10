// The end of a user's own account.
import { byUser } from '../../persistence/audit.ts';
import { Conflict } from '../../persistence/unit-of-work.ts';
import {
  type AccountChange,
  cancelDeletion,
  LastAdministrator,
  scheduleDeletion,
} from '../../users/deletion.ts';
import { builder } from '../builder.ts';
import { type GraphQLContext, signedIn } from '../context.ts';
import { NotFound } from '../input.ts';
import { AccountDeletionType } from '../types/account-deletion.ts';
import { UserType } from '../types/user.ts';

function ownAccount(context: GraphQLContext): AccountChange {
  const { services, em, session, client } = signedIn(context);
  const { userId, tenantId, id: sessionId } = session;
  return { em, userId, tenantId, sessionId, actor: byUser(session, client), now: services.clock.now() };
}

builder.mutationField('deleteAccount', (t) =>
  t.errorUnionField({
    types: [AccountDeletionType, NotFound, LastAdministrator, Conflict],
    nullable: true,
    stepUp: {
      require: 'STRONGEST_ENROLLED',
      bind: 'OPERATION',
      describe: 'Delete your account, with everything that is kept about you, in 14 days',
    },
    description:
      'Schedules the deletion of your account. All your sessions end at once, with those of your agents, and all your workflows. Your email addresses and phone numbers stay yours. For 14 days, you can sign in and call `cancelDeletion`; signing in alone changes nothing. Then the account is erased, and nobody can restore it. You are notified at every verified email address. A deletion that is already scheduled keeps its time.',
    resolve: async (_root, _args, context) => {
      const deletion = await scheduleDeletion(context.services.outbox, ownAccount(context));
      if (deletion === null) throw new NotFound();
      context.delivery.clear();
      return deletion;
    },
  }),
);

builder.mutationField('cancelDeletion', (t) =>
  t.errorUnionField({
    types: [UserType, NotFound, Conflict],
    nullable: true,
    stepUp: { require: 'STRONGEST_ENROLLED' },
    description:
      'Cancels the deletion of your account, so that it stays as it is. Sessions that the deletion has ended stay ended. You are notified. If no deletion is scheduled, nothing happens.',
    resolve: async (_root, _args, context) => {
      const change = ownAccount(context);
      if (!(await cancelDeletion(context.services.outbox, change))) throw new NotFound();
      return { id: change.userId };
    },
  }),
);
