// The email addresses of the signed-in user: adding one, choosing the primary one, removing one.
import { z } from 'zod';
import { EMAIL_FACTORS } from '../../factors/email/address.ts';
import {
  EmailAddressAlreadyVerified,
  EmailAddressNotVerified,
  PrimaryEmailAddress,
  TooManyEmailAddresses,
} from '../../factors/email/errors.ts';
import { emailAddress } from '../../factors/email/mailbox.ts';
import { removeEmailAddress, setPrimaryEmailAddress } from '../../factors/email/owned-addresses.ts';
import { LastWayIn } from '../../factors/last-way-in.ts';
import { Conflict } from '../../persistence/unit-of-work.ts';
import { FactorKind } from '../../policy/factor-kind.ts';
import { addEmailAddress } from '../../workflows/enrollment/add-email-address.ts';
import { TooManyRequests } from '../../workflows/errors.ts';
import { builder } from '../builder.ts';
import { signedIn } from '../context.ts';
import { InvalidInput, isUuid, NotFound, parseInput } from '../input.ts';
import { FactorKindEnum } from '../types/enums.ts';
import { UserType } from '../types/user.ts';
import { Enrollment } from '../types/workflow.ts';

const AddEmailAddressInput = builder.inputType('AddEmailAddressInput', {
  description: 'The email address to add.',
  fields: (t) => ({
    emailAddress: t.string({ required: true, description: 'The email address.' }),
    factor: t.field({
      type: FactorKindEnum,
      defaultValue: FactorKind.EMAIL_CODE,
      description: 'What is sent to the address: a code (`EMAIL_CODE`) or a link (`EMAIL_LINK`).',
    }),
  }),
});

const addForm = z.object({
  emailAddress,
  factor: z
    .enum(FactorKind)
    .nullish()
    .transform((factor) => factor ?? FactorKind.EMAIL_CODE)
    .refine((factor) => EMAIL_FACTORS.includes(factor), 'Choose EMAIL_CODE or EMAIL_LINK.'),
});

builder.mutationField('addEmailAddress', (t) =>
  t.errorUnionField({
    types: [
      Enrollment,
      InvalidInput,
      EmailAddressAlreadyVerified,
      TooManyEmailAddresses,
      TooManyRequests,
      Conflict,
    ],
    nullable: true,
    stepUp: { require: 'STRONGEST_ENROLLED' },
    description:
      'Starts to add an email address to your account. Call `prepareFactor` next, which sends a code or a link to it, and `attemptFactor` with the proof. From then on, you can sign in with the address and reset your password by it. All your addresses are told. If the address belongs to another account, the response is the same, but its owner is told instead, and the enrollment cannot complete.',
    args: {
      input: t.arg({ type: AddEmailAddressInput, required: true, description: 'The email address to add.' }),
    },
    resolve: (_root, { input }, context) => {
      const { services, ...caller } = signedIn(context);
      const { emailAddress: mailbox, factor } = parseInput(addForm, input);
      return addEmailAddress(services, { mailbox, factor }, caller);
    },
  }),
);

const SetPrimaryEmailAddressInput = builder.inputType('SetPrimaryEmailAddressInput', {
  description: 'The email address that becomes the primary one.',
  fields: (t) => ({
    id: t.id({ required: true, description: 'The id of one of your verified `emailAddresses`.' }),
  }),
});

builder.mutationField('setPrimaryEmailAddress', (t) =>
  t.errorUnionField({
    types: [UserType, NotFound, EmailAddressNotVerified, Conflict],
    nullable: true,
    stepUp: {
      require: 'STRONGEST_ENROLLED',
      bind: 'OPERATION',
      describe: 'Make another of your email addresses the primary one',
    },
    description:
      'Makes one of your verified email addresses the primary one, which messages are sent to. Codes and links that were sent before no longer count. All your addresses are told.',
    args: {
      input: t.arg({
        type: SetPrimaryEmailAddressInput,
        required: true,
        description: 'The new primary address.',
      }),
    },
    resolve: async (_root, { input: { id } }, context) => {
      const { services, ...caller } = signedIn(context);
      const owner = { ...caller, now: services.clock.now() };
      if (!isUuid(id) || !(await setPrimaryEmailAddress(services, id, owner))) throw new NotFound();
      return { id: caller.session.userId };
    },
  }),
);

const RemoveEmailAddressInput = builder.inputType('RemoveEmailAddressInput', {
  description: 'The email address to remove.',
  fields: (t) => ({
    id: t.id({ required: true, description: 'The id of one of your `emailAddresses`.' }),
  }),
});

builder.mutationField('removeEmailAddress', (t) =>
  t.errorUnionField({
    types: [UserType, NotFound, PrimaryEmailAddress, LastWayIn, Conflict],
    nullable: true,
    stepUp: {
      require: 'STRONGEST_ENROLLED',
      bind: 'OPERATION',
      describe: 'Remove one of your email addresses',
    },
    description:
      'Removes an email address from your account, but not the primary one. From then on, nobody signs in with it or resets your password by it. Codes and links that were sent before no longer count, and your other sessions that began with a code or a link by email end. All your addresses are told, the removed one as well.',
    args: {
      input: t.arg({
        type: RemoveEmailAddressInput,
        required: true,
        description: 'The email address to remove.',
      }),
    },
    resolve: async (_root, { input: { id } }, context) => {
      const { services, ...caller } = signedIn(context);
      const parts = { outbox: services.outbox, providers: services.factors.providers };
      const owner = { ...caller, now: services.clock.now() };
      if (!isUuid(id) || !(await removeEmailAddress(parts, id, owner))) throw new NotFound();
      return { id: caller.session.userId };
    },
  }),
);
