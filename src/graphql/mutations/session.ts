// Refreshing and ending sessions.
import { sqlOf } from '../../persistence/orm.ts';
import { RefreshTokenRejected } from '../../sessions/errors.ts';
import { revokeOtherSessions, revokeSession } from '../../sessions/revocation.ts';
import { builder } from '../builder.ts';
import { signedIn } from '../context.ts';
import { isUuid, NotFound } from '../input.ts';
import { SessionGrantType, SessionType } from '../types/session.ts';

const RefreshSessionInput = builder.inputType('RefreshSessionInput', {
  description: 'The refresh token.',
  fields: (t) => ({
    refreshToken: t.string({
      description: 'The newest refresh token. Left out by clients that keep it as a cookie.',
    }),
  }),
});

builder.mutationField('refreshSession', (t) =>
  t.errorUnionField({
    types: [SessionGrantType, RefreshTokenRejected],
    description:
      'New tokens for a refresh token, which is void from then on. Using one twice ends its session: one of the two users has stolen it (RFC 9700 section 4.14.2). A refresh never changes evidence.',
    args: { input: t.arg({ type: RefreshSessionInput, required: true, description: 'The token.' }) },
    resolve: async (_root, { input }, { services, em, delivery }) => {
      const refreshToken = input.refreshToken ?? delivery.refreshToken;
      if (!refreshToken) throw new RefreshTokenRejected();
      return delivery.deliver(await services.grants.refresh(sqlOf(em), refreshToken, services.clock.now()));
    },
  }),
);

builder.mutationField('signOut', (t) =>
  t.field({
    type: SessionType,
    nullable: true,
    authenticated: true,
    description: 'Ends this session, at once and for all its tokens.',
    resolve: async (_root, _args, context) => {
      const { services, delivery, ...caller } = signedIn(context);
      delivery.clear();
      return (await revokeSession(caller.session.id, caller, services.clock.now())) ?? caller.session;
    },
  }),
);

builder.mutationField('revokeSession', (t) =>
  t.errorUnionField({
    types: [SessionType, NotFound],
    nullable: true,
    authenticated: true,
    description: 'Ends one of your sessions, at once and for all its tokens.',
    args: { id: t.arg.id({ required: true, description: 'The session’s id.' }) },
    resolve: async (_root, { id }, context) => {
      const { services, ...caller } = signedIn(context);
      const revoked = isUuid(id) ? await revokeSession(id, caller, services.clock.now()) : null;
      if (revoked === null) throw new NotFound();
      return revoked;
    },
  }),
);

const RevokedSessions = builder.objectRef<{ count: number }>('RevokedSessions').implement({
  description: 'The sessions that were ended.',
  fields: (t) => ({ count: t.exposeInt('count', { description: 'How many.' }) }),
});

builder.mutationField('revokeOtherSessions', (t) =>
  t.field({
    type: RevokedSessions,
    nullable: true,
    authenticated: true,
    description: 'Ends all of your sessions but this one.',
    resolve: async (_root, _args, context) => {
      const { services, ...caller } = signedIn(context);
      return { count: await revokeOtherSessions(caller, services.clock.now()) };
    },
  }),
);
