// The mutations that start a workflow.
import { z } from 'zod';
import { emailAddress } from '../../factors/email/mailbox.ts';
import { identifier, phoneNumber } from '../../factors/identifier.ts';
import { PasswordRejected } from '../../factors/password/new-passwords.ts';
import { DEFAULT_TENANT } from '../../persistence/entities/tenant.ts';
import { personName } from '../../users/record.ts';
import { startEnrollment } from '../../workflows/enrollment/start.ts';
import {
  EnrollmentRequired,
  FactorNotEnrollable,
  Overloaded,
  PhoneNumberNotAllowed,
  PhoneNumberNotFound,
  TenantNotFound,
  TooManyAuthenticators,
  TooManyMessages,
  TooManyRequests,
} from '../../workflows/errors.ts';
import { startPasswordReset } from '../../workflows/password-reset/start.ts';
import { startSignIn } from '../../workflows/sign-in/start.ts';
import { startSignUp } from '../../workflows/sign-up/start.ts';
import { startStepUp } from '../../workflows/step-up/start.ts';
import { builder } from '../builder.ts';
import { signedIn } from '../context.ts';
import { InvalidInput, isUuid, label, newPassword, parseInput, tenantId } from '../input.ts';
import { NEW_PASSWORD_WORTH } from '../limits.ts';
import { operationInWords } from '../operation-in-words.ts';
import { FactorKindEnum, StepUpRequireEnum } from '../types/enums.ts';
import { Enrollment, PasswordReset, SignIn, SignUp, StepUp } from '../types/workflow.ts';
import { demandForm } from './operation-proof.ts';

const TENANT = { defaultValue: DEFAULT_TENANT, description: 'The name of the tenant.' } as const;
const tenant = tenantId.nullish().transform((name) => name ?? DEFAULT_TENANT);

const StartSignUpInput = builder.inputType('StartSignUpInput', {
  description: 'The details of a new account.',
  fields: (t) => ({
    email: t.string({
      required: true,
      description: 'The user’s e-mail address. A code is sent to it immediately.',
    }),
    password: t.string({
      required: true,
      description: 'The password. It must meet the `passwordPolicy` of `settings`.',
    }),
    name: t.string({ description: 'The user’s name, at most 128 characters.' }),
    tenant: t.string(TENANT),
  }),
});

const signUpForm = z.object({
  email: emailAddress,
  password: newPassword,
  name: personName.nullish().transform((name) => name ?? null),
  tenant,
});

builder.mutationField('startSignUp', (t) =>
  t.errorUnionField({
    extensions: NEW_PASSWORD_WORTH,
    types: [
      SignUp,
      InvalidInput,
      TenantNotFound,
      PasswordRejected,
      Overloaded,
      TooManyMessages,
      TooManyRequests,
    ],
    description:
      'Starts a sign-up and sends a code to the e-mail address. The response is the same if the address already has an account.',
    args: {
      input: t.arg({ type: StartSignUpInput, required: true, description: 'The details of the account.' }),
    },
    resolve: (_root, { input }, { services, ...caller }) => {
      const { email, password, name, tenant: tenantName } = parseInput(signUpForm, input);
      return startSignUp(services, { email, password, name, tenantId: tenantName }, caller);
    },
  }),
);

const IDENTIFIER =
  'A verified e-mail address of the account, or a verified phone number in international format.';

const StartSignInInput = builder.inputType('StartSignInInput', {
  description: 'The user who wants to sign in.',
  fields: (t) => ({
    identifier: t.string({ required: true, description: IDENTIFIER }),
    tenant: t.string(TENANT),
  }),
});

const identifierForm = z.object({ identifier, tenant });

builder.mutationField('startSignIn', (t) =>
  t.errorUnionField({
    types: [SignIn, InvalidInput, TenantNotFound, TooManyRequests],
    description: 'Starts a sign-in. The response is the same for an unknown identifier.',
    args: { input: t.arg({ type: StartSignInInput, required: true, description: 'The user who signs in.' }) },
    resolve: (_root, { input }, { services, ...caller }) => {
      const form = parseInput(identifierForm, input);
      return startSignIn(services, { identifier: form.identifier, tenantId: form.tenant }, caller);
    },
  }),
);

const StartPasswordResetInput = builder.inputType('StartPasswordResetInput', {
  description: 'The user who has forgotten their password.',
  fields: (t) => ({
    identifier: t.string({ required: true, description: IDENTIFIER }),
    tenant: t.string(TENANT),
  }),
});

builder.mutationField('startPasswordReset', (t) =>
  t.errorUnionField({
    types: [PasswordReset, InvalidInput, TenantNotFound, TooManyRequests],
    description:
      'Starts a password reset. The response is the same for an unknown identifier. Next, prepare one of `factors` and attempt it with the code or link that was sent, prove a second factor if the user has one, then call `chooseNewPassword`. The old password keeps working until then.',
    args: {
      input: t.arg({
        type: StartPasswordResetInput,
        required: true,
        description: 'The account to recover.',
      }),
    },
    resolve: (_root, { input }, { services, ...caller }) => {
      const form = parseInput(identifierForm, input);
      return startPasswordReset(services, { identifier: form.identifier, tenantId: form.tenant }, caller);
    },
  }),
);

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

const BoundOperationInput = builder.inputType('BoundOperationInput', {
  description: 'An operation with its arguments, exactly as you will send it.',
  fields: (t) => ({
    query: t.string({ required: true, description: 'The GraphQL document that contains the operation.' }),
    operationName: t.string({
      description: 'The name of the operation. Required if the document has more than one.',
    }),
    variables: t.field({ type: 'JSON', description: 'The variables of the operation, as a JSON object.' }),
  }),
});

const StartStepUpInput = builder.inputType('StartStepUpInput', {
  description: 'The requirements for the proof. Copy them from the `extensions` of the refusal.',
  fields: (t) => ({
    accept: t.field({
      type: [FactorKindEnum],
      description: 'The second factors to accept. Omit it to accept any.',
    }),
    maxAge: t.int({
      description:
        'The maximum age of an existing proof, in seconds. If the session has a proof that is recent enough, the workflow is complete immediately. If you omit it, a new proof is always required.',
    }),
    require: t.field({
      type: StepUpRequireEnum,
      defaultValue: 'SECOND_FACTOR',
      description:
        'How strong the proof must be: a second factor, or the strongest factor that the user has.',
    }),
    operation: t.field({
      type: BoundOperationInput,
      description:
        'For a refusal with `bind: OPERATION`: the operation that was refused, on this API or on another service. The proof can be used once, for this operation with these arguments, within `maxAge` seconds (by default 300).',
    }),
  }),
});

builder.mutationField('startStepUp', (t) =>
  t.errorUnionField({
    types: [StepUp, InvalidInput, EnrollmentRequired, TooManyRequests],
    nullable: true,
    authenticated: true,
    description:
      'Starts a step-up, in which the user proves a factor again in the current session. Call it after a refusal with `STEP_UP_REQUIRED` (RFC 9470).',
    args: { input: t.arg({ type: StartStepUpInput, required: true, description: 'The required proof.' }) },
    resolve: (_root, { input }, context, info) => {
      const { services, ...caller } = signedIn(context);
      parseInput(demandForm, input);
      const operation = input.operation
        ? operationInWords([info.schema, ...services.apiSchemas], input.operation, context.budget)
        : null;
      return startStepUp(services, { ...input, operation }, caller);
    },
  }),
);
