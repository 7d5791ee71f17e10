// The mutations that begin a workflow.
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

const TENANT = { defaultValue: DEFAULT_TENANT, description: 'The tenant’s name.' } as const;
const tenant = tenantId.nullish().transform((name) => name ?? DEFAULT_TENANT);

const StartSignUpInput = builder.inputType('StartSignUpInput', {
  description: 'What a new account begins with.',
  fields: (t) => ({
    email: t.string({ required: true, description: 'The address. A code is sent to it at once.' }),
    password: t.string({
      required: true,
      description: 'The password; `settings` says what it must be like.',
    }),
    name: t.string({ description: 'What its user is called. At most 128 characters.' }),
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
      'Begins a new account and sends a code to the address. The answer is the same for an address that has an account already.',
    args: { input: t.arg({ type: StartSignUpInput, required: true, description: 'The account.' }) },
    resolve: (_root, { input }, { services, ...caller }) => {
      const { email, password, name, tenant: tenantName } = parseInput(signUpForm, input);
      return startSignUp(services, { email, password, name, tenantId: tenantName }, caller);
    },
  }),
);

const IDENTIFIER =
  'An e-mail address of the account, or a phone number of it in international form. Both count once they were proved.';

const StartSignInInput = builder.inputType('StartSignInInput', {
  description: 'Who wants to sign in.',
  fields: (t) => ({
    identifier: t.string({ required: true, description: IDENTIFIER }),
    tenant: t.string(TENANT),
  }),
});

const identifierForm = z.object({ identifier, tenant });

builder.mutationField('startSignIn', (t) =>
  t.errorUnionField({
    types: [SignIn, InvalidInput, TenantNotFound, TooManyRequests],
    description: 'Begins a sign-in. The answer is the same for an identifier that nobody has.',
    args: { input: t.arg({ type: StartSignInInput, required: true, description: 'Who.' }) },
    resolve: (_root, { input }, { services, ...caller }) => {
      const form = parseInput(identifierForm, input);
      return startSignIn(services, { identifier: form.identifier, tenantId: form.tenant }, caller);
    },
  }),
);

const StartPasswordResetInput = builder.inputType('StartPasswordResetInput', {
  description: 'Who has forgotten a password.',
  fields: (t) => ({
    identifier: t.string({ required: true, description: IDENTIFIER }),
    tenant: t.string(TENANT),
  }),
});

builder.mutationField('startPasswordReset', (t) =>
  t.errorUnionField({
    types: [PasswordReset, InvalidInput, TenantNotFound, TooManyRequests],
    description:
      'Begins to replace a forgotten password. The answer is the same for an identifier that nobody has. First prove what reaches you (prepare one of `factors`, then attempt it), then a second factor if you have one, then `chooseNewPassword`. The password stays as it is until then.',
    args: { input: t.arg({ type: StartPasswordResetInput, required: true, description: 'Who.' }) },
    resolve: (_root, { input }, { services, ...caller }) => {
      const form = parseInput(identifierForm, input);
      return startPasswordReset(services, { identifier: form.identifier, tenantId: form.tenant }, caller);
    },
  }),
);

const StartEnrollmentInput = builder.inputType('StartEnrollmentInput', {
  description: 'Which factor to add.',
  fields: (t) => ({
    factor: t.field({
      type: FactorKindEnum,
      required: true,
      description: 'One of the `enrollableFactors` of `settings`.',
    }),
    phoneNumber: t.string({
      description:
        'For `PHONE_CODE`: a number in international form, which is added when a code that was sent to it comes back.',
    }),
    phoneNumberId: t.id({ description: 'For `PHONE_CODE`, instead: one of your `phoneNumbers`.' }),
    secondFactor: t.boolean({
      defaultValue: true,
      description:
        'For `PHONE_CODE`. `false`: the number is proved and may name you when you sign in, and is no second factor.',
    }),
    label: t.string({
      description: 'What you call it, for example the name of the phone. At most 64 characters.',
    }),
  }),
});

const PHONE_ONLY = 'Only for PHONE_CODE: leave it out.';

const enrollmentForm = z
  .object({
    factor: z.string(),
    label: label.nullish().transform((text) => text ?? null),
    phoneNumber: phoneNumber.nullish(),
    phoneNumberId: z.string().refine(isUuid, 'Give the id of one of your phone numbers.').nullish(),
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
      context.addIssue({ code: 'custom', path: ['phoneNumberId'], message: 'Name one number, not two.' });
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
      'Begins to add a factor to the signed-in user: an authenticator app, or a phone number, to which `prepareFactor` then sends the code. Unless the session has proved the user’s strongest factor in the last ten minutes, an existing factor is proved first (NIST SP 800-63B-4 section 4.1.2).',
    args: { input: t.arg({ type: StartEnrollmentInput, required: true, description: 'Which.' }) },
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
  description: 'One operation with its arguments, exactly as it will be sent.',
  fields: (t) => ({
    query: t.string({ required: true, description: 'The document.' }),
    operationName: t.string({ description: 'Which of several operations in the document.' }),
    variables: t.field({ type: 'JSON', description: 'The variables.' }),
  }),
});

const StartStepUpInput = builder.inputType('StartStepUpInput', {
  description: 'What the proof is to be good for: the `extensions` of the refusal, as they were given.',
  fields: (t) => ({
    accept: t.field({
      type: [FactorKindEnum],
      description: 'The second factors that would do; null: any.',
    }),
    maxAge: t.int({
      description:
        'Seconds. When the session holds a proof no older than this, there is nothing to prove and the workflow is complete at once; null: something is proved in any case.',
    }),
    require: t.field({
      type: StepUpRequireEnum,
      defaultValue: 'SECOND_FACTOR',
      description: 'Whether a first factor will do for a user who has no second one.',
    }),
    operation: t.field({
      type: BoundOperationInput,
      description:
        'For a refusal with `bind: OPERATION`: the operation that was refused. The proof is then good for that operation with these arguments, once, within `maxAge` seconds (300 when left out), and for nothing else. It may be one for another service.',
    }),
  }),
});

builder.mutationField('startStepUp', (t) =>
  t.errorUnionField({
    types: [StepUp, InvalidInput, EnrollmentRequired, TooManyRequests],
    nullable: true,
    authenticated: true,
    description:
      'Begins to prove a factor anew in this session, after a refusal with `STEP_UP_REQUIRED` (RFC 9470).',
    args: { input: t.arg({ type: StartStepUpInput, required: true, description: 'What for.' }) },
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
