// Starts the enrollment of a factor.
import { z } from 'zod';
import type { FactorInput } from '../../factors/input-field.ts';
import { PhoneNumberNotAllowed, PhoneNumberNotFound } from '../../factors/phone/errors.ts';
import { ENROLLMENT_INPUTS } from '../../factors/registry.ts';
import { startEnrollment } from '../../workflows/enrollment/start.ts';
import { FactorNotEnrollable, TooManyAuthenticators, TooManyRequests } from '../../workflows/errors.ts';
import { builder } from '../builder.ts';
import { signedIn } from '../context.ts';
import { formWith } from '../factor-form.ts';
import { InvalidInput, label as labelForm, parseInput } from '../input.ts';
import { inputFields } from '../input-fields.ts';
import { FactorKindEnum } from '../types/enums.ts';
import { Enrollment } from '../types/workflow.ts';

const fields: FactorInput['fields'] = Object.assign(
  {},
  ...ENROLLMENT_INPUTS.map(({ input }) => input.fields),
);

const StartEnrollmentInput = builder.inputType('StartEnrollmentInput', {
  description: 'The factor to enroll.',
  fields: (t) => ({
    factor: t.field({
      type: FactorKindEnum,
      required: true,
      description: 'The factor to enroll: one of the `enrollableFactors` of `settings`.',
    }),
    ...inputFields(t, fields),
    label: t.string({
      description:
        'A name for the new authenticator, for example the name of the phone. At most 64 characters.',
    }),
  }),
});

const enrollmentForm = formWith(
  { factor: z.string(), label: labelForm.nullish().transform((text) => text ?? null) },
  ENROLLMENT_INPUTS,
);

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
      'Starts the enrollment of a factor for the signed-in user: a passkey, an authenticator app, a device that opens the `url` in `material`, or a phone number, to which `prepareFactor` then sends a code. The user must first prove an existing factor, unless the session has proved the user’s strongest factor within the last ten minutes (NIST SP 800-63B-4 section 4.1.2).',
    args: {
      input: t.arg({ type: StartEnrollmentInput, required: true, description: 'The factor to enroll.' }),
    },
    resolve: (_root, { input }, context) => {
      const { services, ...caller } = signedIn(context);
      const given = parseInput(enrollmentForm, input);
      const { label } = given as { readonly label: string | null };
      return startEnrollment(services, { factor: input.factor, label, given }, caller);
    },
  }),
);
