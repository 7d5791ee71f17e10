// Linking and unlinking accounts at identity providers. A proof that is bound to the operation guards both.
import { LastWayIn } from '../../factors/last-way-in.ts';
import { ProviderNotFound } from '../../factors/oauth/errors.ts';
import { unlinkIdentity } from '../../factors/oauth/unlink.ts';
import { Conflict } from '../../persistence/unit-of-work.ts';
import { linkProvider } from '../../workflows/enrollment/link-provider.ts';
import { TooManyRequests } from '../../workflows/errors.ts';
import { builder } from '../builder.ts';
import { signedIn } from '../context.ts';
import { isUuid, NotFound } from '../input.ts';
import { UserType } from '../types/user.ts';
import { Enrollment } from '../types/workflow.ts';

builder.mutationField('linkProvider', (t) =>
  t.errorUnionField({
    types: [Enrollment, ProviderNotFound, TooManyRequests, Conflict],
    nullable: true,
    stepUp: {
      require: 'STRONGEST_ENROLLED',
      bind: 'OPERATION',
      describe: 'Sign in with an account at “{providerId}” as well',
    },
    description:
      'Starts to link an account at an identity provider to yours. Call `prepareFactor` with `OAUTH` next, and `attemptFactor` with the answer of the provider. From then on, you can sign in with it. You are notified.',
    args: {
      providerId: t.arg.id({
        required: true,
        description: 'The id of one of the `providers` of `settings`.',
      }),
    },
    resolve: (_root, { providerId }, context) => {
      const { services, ...caller } = signedIn(context);
      return linkProvider(services, providerId, caller);
    },
  }),
);

builder.mutationField('unlinkProvider', (t) =>
  t.errorUnionField({
    types: [UserType, NotFound, LastWayIn, Conflict],
    nullable: true,
    stepUp: {
      require: 'STRONGEST_ENROLLED',
      bind: 'OPERATION',
      describe: 'Stop signing in with a linked account',
    },
    description:
      'Unlinks an account at an identity provider from yours. Your other sessions that began with it end. You are notified.',
    args: {
      identityId: t.arg.id({ required: true, description: 'The id of one of your `identities`.' }),
    },
    resolve: async (_root, { identityId }, context) => {
      const { services, ...caller } = signedIn(context);
      const parts = { outbox: services.outbox, providers: services.factors.providers };
      const owner = { ...caller, now: services.clock.now() };
      const isDone = isUuid(identityId) && (await unlinkIdentity(parts, identityId, owner));
      if (!isDone) throw new NotFound();
      return { id: caller.session.userId };
    },
  }),
);
