// Refreshing and ending sessions.
import { secondsOf } from '../../platform/clock.ts';
import { ANONYMOUS, refuseStepUp } from '../../policy/decision.ts';
import { requirement } from '../../policy/requirement.ts';
import { RefreshTokenRejected } from '../../sessions/errors.ts';
import { endSessionOf, revokeOtherSessions, revokeSession } from '../../sessions/revocation.ts';
import { RefusalError } from '../../step-up/refusal-error.ts';
import { builder } from '../builder.ts';
import { signedIn } from '../context.ts';
import { isUuid, NotFound } from '../input.ts';
import { SessionGrantType, SessionType } from '../types/session.ts';

/** Whoever ends other sessions could shut their owner out. */
const TO_END_OTHERS = { require: 'STRONGEST_ENROLLED' } as const;

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
      'New tokens for a refresh token, which is void from then on. Using one twice ends its session: one of the two users has stolen it (RFC 9700 section 4.14.2). If the answer was lost, you can send the same token again within 10 seconds (`REFRESH_LEEWAY_SECONDS`), as long as nobody has used its successor. A refresh never changes evidence.',
    args: { input: t.arg({ type: RefreshSessionInput, required: true, description: 'The token.' }) },
    resolve: async (_root, { input }, { services, em, delivery }) => {
      const refreshToken = input.refreshToken ?? delivery.refreshToken;
      if (!refreshToken) throw new RefreshTokenRejected();
      return delivery.deliver(await services.grants.refresh(em, refreshToken, services.clock.now()));
    },
  }),
);

builder.mutationField('signOut', (t) =>
  t.field({
    type: SessionType,
    nullable: true,
    description:
      'Ends this session, at once and for all its tokens. An access token that has expired is enough, and so is the refresh cookie. Session cookies are cleared in any case.',
    resolve: async (_root, _args, context) => {
      const { services, delivery, session, tokenFault, expiredSessionId } = context;
      delivery.clear();
      const now = services.clock.now();
      const ended =
        session === null
          ? await endSessionOf(
              { sessionId: expiredSessionId, refreshToken: delivery.refreshToken },
              context,
              now,
            )
          : await revokeSession(session.id, { ...context, session }, now);
      if (ended === null && session === null) {
        const refusal = new RefusalError(ANONYMOUS, tokenFault);
        refusal.extensions['http'] = { status: 401, spec: true };
        throw refusal;
      }
      return ended ?? session;
    },
  }),
);

builder.mutationField('revokeSession', (t) =>
  t.errorUnionField({
    types: [SessionType, NotFound],
    nullable: true,
    authenticated: true,
    description:
      'Ends one of your sessions, at once and for all its tokens. To end another session than the one that asks, prove your strongest factor first, as for `revokeOtherSessions`: otherwise the refusal is `STEP_UP_REQUIRED`.',
    args: { id: t.arg.id({ required: true, description: 'The session’s id.' }) },
    resolve: async (_root, { id }, context) => {
      const { services, ...caller } = signedIn(context);
      const now = services.clock.now();
      const isOwn = id === caller.session.id;
      const refusal = isOwn ? null : refuseStepUp(caller.session, requirement(TO_END_OTHERS), secondsOf(now));
      if (refusal !== null) throw new RefusalError(refusal);
      const revoked = isUuid(id) ? await revokeSession(id, caller, now) : null;
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
    stepUp: TO_END_OTHERS,
    description: 'Ends all of your sessions but this one.',
    resolve: async (_root, _args, context) => {
      const { services, ...caller } = signedIn(context);
      return { count: await revokeOtherSessions(caller, services.clock.now()) };
    },
  }),
);
