// What a user lets text messages be good for.
import { setPhoneSecondFactor, setSms } from '../../factors/phone/second-factor.ts';
import { Conflict } from '../../persistence/settlement.ts';
import { builder } from '../builder.ts';
import { signedIn } from '../context.ts';
import { isUuid, NotFound } from '../input.ts';
import { UserType } from '../types/user.ts';

builder.mutationField('setPhoneSecondFactor', (t) =>
  t.errorUnionField({
    types: [UserType, NotFound, Conflict],
    nullable: true,
    stepUp: true,
    description:
      'Makes one of your proved phone numbers a second factor, or no longer one. Whoever takes over the number could then take that step: an authenticator app is better. When it is no longer one, what it proved is no evidence any more in any session; with the last second factor the backup codes go too. The user gets a message.',
    args: {
      id: t.arg.id({ required: true, description: 'The phone number’s id.' }),
      enabled: t.arg.boolean({ required: true, description: 'Whether it is a second factor.' }),
    },
    resolve: async (_root, { id, enabled }, context) => {
      const { services, ...caller } = signedIn(context);
      const owner = { ...caller, now: services.clock.now() };
      const isDone = isUuid(id) && (await setPhoneSecondFactor(services, { id, enabled }, owner));
      if (!isDone) throw new NotFound();
      return { id: caller.session.userId };
    },
  }),
);

builder.mutationField('setSmsFactors', (t) =>
  t.field({
    type: UserType,
    nullable: true,
    // Whoever switched off their only second factor has none to switch it on with.
    stepUp: { require: 'STRONGEST_ENROLLED' },
    description:
      'Allows text messages as a factor of yours, or rules them out. Once ruled out, none of your numbers gets a message, neither to begin a sign-in or a password reset nor as a second step, and none is a second factor. When you allow them again, add each number with `startEnrollment`. You get a message.',
    args: { enabled: t.arg.boolean({ required: true, description: 'Whether they may.' }) },
    resolve: async (_root, { enabled }, context) => {
      const { services, ...caller } = signedIn(context);
      await setSms(services, enabled, { ...caller, now: services.clock.now() });
      return { id: caller.session.userId };
    },
  }),
);
