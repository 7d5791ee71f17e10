// Starts the enrollment of a factor.
import { z } from 'zod';
import { phoneNumber } from '../../factors/identifier.ts';
import { startEnrollment } from '../../workflows/enrollment/start.ts';
import {
  FactorNotEnrollable,
  PhoneNumberNotAllowed,
  PhoneNumberNotFound,
  TooManyAuthenticators,
  TooManyRequests,
} from '../../workflows/errors.ts';
import { builder } from '../builder.ts';
import { signedIn } from '../context.ts';
import { InvalidInput, isUuid, label, parseInput } from '../input.ts';
import { FactorKindEnum } from '../types/enums.ts';
import { Enrollment } from '../types/workflow.ts';

const StartEnrollmentInput = builder.inputType('StartEnrollmentInput', {
  description: 'The factor to enroll.',
  fields: (t) => ({
    factor: t.field({
      type: FactorKindEnum,
      required: true,
      description: 'The factor to enroll: one of the `enrollableFactors` of `settings`.',
    }),
    phoneNumber: t.string({
      description:
        'For `PHONE_CODE`: a new phone number in international format. It is added to your account when you prove the code that is sent to it.',
    }),
    phoneNumberId: t.id({
      description: 'For `PHONE_CODE`, instead of `phoneNumber`: the id of one of your `phoneNumbers`.',
    }),
    secondFactor: t.boolean({
      defaultValue: true,
      description:
        'For `PHONE_CODE`: whether the number becomes a second factor. If `false`, the number is verified and can identify you when you sign in, but it is not a second factor.',
    }),
    label: t.string({
      description:
        'A name for the new authenticator, for example the name of the phone. At most 64 characters.',
    }),
  }),
});

const PHONE_ONLY = 'Only valid for PHONE_CODE. Omit the field.';

const enrollmentForm = z
  .object({
    factor: z.string(),
    label: label.nullish().transform((text) => text ?? null),
    phoneNumber: phoneNumber.nullish(),
    phoneNumberId: z.string().refine(isUuid, 'Enter the id of one of your phone numbers.').nullish(),
    secondFactor: z
      .boolean()
      .nullish()
      .transform((isSecondFactor) => isSecondFactor ?? true),
  })
  .superRefine((form, context) => {
    const isPhone = form.factor === 'PHONE_CODE';
    for (const path of ['phoneNumber', 'phoneNumberId'] as const) {
      if (!isPhone && form[path] != null)
        context.addIssue({ code: 'custom', path: [path], message: PHONE_ONLY });
    }
    if (!isPhone && !form.secondFactor)
      context.addIssue({ code: 'custom', path: ['secondFactor'], message: PHONE_ONLY });
    if (form.phoneNumber != null && form.phoneNumberId != null)
      context.addIssue({
        code: 'custom',
        path: ['phoneNumberId'],
        message: 'Set `phoneNumber` or `phoneNumberId`, not both.',
      });
  });

builder.mutationField('startEnrollment', (t) =>
  t.errorUnionField({
    types: [
      Enrollment,
      InvalidInput,
      FactorNotEnrollable,
      TooManyAuthenticators,
      PhoneNumberNotAllowed,
      PhoneNumberNotFound,
      TooManyRequests,
    ],
    nullable: true,
    authenticated: true,
    description:
      'Starts the enrollment of a factor for the signed-in user: an authenticator app, or a phone number, to which `prepareFactor` then sends a code. The user must first prove an existing factor, unless the session has proved the user’s strongest factor within the last ten minutes (NIST SP 800-63B-4 section 4.1.2).',
    args: {
      input: t.arg({ type: StartEnrollmentInput, required: true, description: 'The factor to enroll.' }),
    },
    resolve: (_root, { input }, context) => {
      const { services, ...caller } = signedIn(context);
      const form = parseInput(enrollmentForm, input);
      const phone = form.phoneNumber != null ? { number: form.phoneNumber } : null;
      return startEnrollment(
        services,
        {
          factor: input.factor,
          label: form.label,
          phone: form.phoneNumberId != null ? { id: form.phoneNumberId } : phone,
          isSecondFactor: form.secondFactor,
        },
        caller,
      );
    },
  }),
);
