// The signed-in user, and, for administrators, any user of their tenant.
import { findUser } from '../../users/find-user.ts';
import { builder } from '../builder.ts';
import { signedIn } from '../context.ts';
import { isUuid } from '../input.ts';
import { UserType } from '../types/user.ts';

builder.queryField('viewer', (t) =>
  t.field({
    type: UserType,
    nullable: true,
    authenticated: true,
    description: 'The signed-in user. Null if the field is refused.',
    resolve: (_root, _args, context) => ({ id: signedIn(context).session.userId }),
  }),
);

builder.queryField('user', (t) =>
  t.field({
    type: UserType,
    nullable: true,
    requiresRole: 'ADMIN',
    stepUp: true,
    description: 'A user of your tenant, for administrators. Null if there is no user with this id.',
    args: { id: t.arg.id({ required: true, description: 'The id of the user.' }) },
    resolve: (_root, { id }, context) => {
      const { session, em } = signedIn(context);
      return isUuid(id) ? findUser(em, id, session.tenantId) : null;
    },
  }),
);
