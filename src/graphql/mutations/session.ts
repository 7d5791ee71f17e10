// Refreshing and ending sessions.
import { secondsOf } from '../../platform/clock.ts';
import { ANONYMOUS, refuseStepUp } from '../../policy/decision.ts';
import { requirement } from '../../policy/requirement.ts';
import { RefreshTokenRejected } from '../../sessions/errors.ts';
import { forgetBrowser } from '../../sessions/remembered-browsers.ts';
import { endSessionOf, revokeOtherSessions, revokeSession } from '../../sessions/revocation.ts';
import { RefusalError } from '../../step-up/refusal-error.ts';
import { builder } from '../builder.ts';
import { signedIn } from '../context.ts';
import { isUuid, NotFound } from '../input.ts';
import { SessionGrantType, SessionType } from '../types/session.ts';
import { UserType } from '../types/user.ts';

/** Someone with a stolen token could otherwise end the owner's sessions. */
const TO_END_OTHERS = { require: 'STRONGEST_ENROLLED' } as const;

const RefreshSessionInput = builder.inputType('RefreshSessionInput', {
  description: 'The refresh token to exchange.',
  fields: (t) => ({
    refreshToken: t.string({
      description: 'The newest refresh token of the session. Omit it if the token is in a cookie.',
    }),
  }),
});

builder.mutationField('refreshSession', (t) =>
  t.errorUnionField({
    types: [SessionGrantType, RefreshTokenRejected],
    description:
      'Exchanges a refresh token for new tokens. Each refresh token can be used once: using it again ends the session, because the token may have been stolen (RFC 9700 section 4.14.2). If you did not receive the response, you can send the same token again within 10 seconds (`REFRESH_LEEWAY_SECONDS`), unless its successor has been used. A refresh never changes the evidence of the session.',
    args: {
      input: t.arg({
        type: RefreshSessionInput,
        required: true,
        description: 'The refresh token to exchange.',
      }),
    },
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
      'Ends the current session. All its tokens stop working immediately. An expired access token or the refresh cookie is enough to sign out. Session cookies are always cleared.',
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
      'Ends one of your sessions. All its tokens stop working immediately. To end a session other than the current one, prove your strongest factor first, as for `revokeOtherSessions`; otherwise the operation is refused with `STEP_UP_REQUIRED`.',
    args: { id: t.arg.id({ required: true, description: 'The id of the session.' }) },
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

builder.mutationField('forgetBrowser', (t) =>
  t.errorUnionField({
    types: [UserType, NotFound],
    nullable: true,
    authenticated: true,
    description:
      'Forgets a browser that you asked to be remembered. The next sign-in on it takes a second step again. Its sessions continue; `revokeSession` ends them.',
    args: {
      id: t.arg.id({ required: true, description: 'The id of one of your `rememberedBrowsers`.' }),
    },
    resolve: async (_root, { id }, context) => {
      const { services, ...caller } = signedIn(context);
      const owner = { ...caller, now: services.clock.now() };
      if (!isUuid(id) || !(await forgetBrowser(id, owner))) throw new NotFound();
      return { id: caller.session.userId };
    },
  }),
);

const RevokedSessions = builder.objectRef<{ count: number }>('RevokedSessions').implement({
  description: 'The result of ending sessions.',
  fields: (t) => ({
    count: t.exposeInt('count', { description: 'The number of sessions that were ended.' }),
  }),
});

builder.mutationField('revokeOtherSessions', (t) =>
  t.field({
    type: RevokedSessions,
    nullable: true,
    stepUp: TO_END_OTHERS,
    description: 'Ends all your sessions except the current one. Their tokens stop working immediately.',
    resolve: async (_root, _args, context) => {
      const { services, ...caller } = signedIn(context);
      return { count: await revokeOtherSessions(caller, services.clock.now()) };
    },
  }),
);
