// What users allow text messages to be used for.
import { setPhoneSecondFactor, setSms } from '../../factors/phone/second-factor.ts';
import { Conflict } from '../../persistence/unit-of-work.ts';
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
      'Sets whether one of your verified phone numbers is a second factor. Anyone who takes over the phone number can then pass the second step, so an authenticator app is more secure. If you turn it off, proofs of the number no longer count in any of your sessions; if it was your last second factor, your backup codes are removed too. You are notified.',
    args: {
      id: t.arg.id({ required: true, description: 'The id of one of your `phoneNumbers`.' }),
      enabled: t.arg.boolean({ required: true, description: 'Whether the number is a second factor.' }),
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
    // A user who turned off their only second factor has none left to turn it on again with.
    stepUp: { require: 'STRONGEST_ENROLLED' },
    description:
      'Sets whether text messages can be a factor of your account. If you turn them off, none of your phone numbers is a second factor, and no text messages are sent to them for sign-ins, password resets or second steps. If you turn them on again, enroll each number with `startEnrollment`. You are notified.',
    args: {
      enabled: t.arg.boolean({ required: true, description: 'Whether text messages can be a factor.' }),
    },
    resolve: async (_root, { enabled }, context) => {
      const { services, ...caller } = signedIn(context);
      await setSms(services, enabled, { ...caller, now: services.clock.now() });
      return { id: caller.session.userId };
    },
  }),
);
