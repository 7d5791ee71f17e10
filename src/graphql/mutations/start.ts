// The mutations that begin a workflow.
import { z } from 'zod';
import { DEFAULT_TENANT } from '../../persistence/entities/tenant.ts';
import { isSecondFactor } from '../../policy/factor-kind.ts';
import { startEnrollment } from '../../workflows/enrollment/start.ts';
import {
  EnrollmentRequired,
  FactorNotEnrollable,
  Overloaded,
  PasswordRejected,
  TenantNotFound,
  TooManyAuthenticators,
} from '../../workflows/errors.ts';
import { startSignIn } from '../../workflows/sign-in/start.ts';
import { startSignUp } from '../../workflows/sign-up/start.ts';
import { startStepUp } from '../../workflows/step-up/start.ts';
import { builder } from '../builder.ts';
import { signedIn } from '../context.ts';
import { emailAddress, InvalidInput, label, parseInput, tenantId } from '../input.ts';
import { FactorKindEnum, StepUpRequireEnum } from '../types/enums.ts';
import { Enrollment, SignIn, SignUp, StepUp } from '../types/workflow.ts';

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
    tenant: t.string(TENANT),
  }),
});

// The password is checked by its policy, which has an error of its own; here it is only kept from being a flood.
const signUpForm = z.object({
  email: emailAddress,
  password: z.string().max(4096, 'The password is too long.'),
  tenant,
});

builder.mutationField('startSignUp', (t) =>
  t.errorUnionField({
    types: [SignUp, InvalidInput, TenantNotFound, PasswordRejected, Overloaded],
    description:
      'Begins a new account and sends a code to the address. The answer is the same for an address that has an account already.',
    args: { input: t.arg({ type: StartSignUpInput, required: true, description: 'The account.' }) },
    resolve: (_root, { input }, { services, ...caller }) => {
      const { email, password, tenant: tenantName } = parseInput(signUpForm, input);
      return startSignUp(services, { email, password, tenantId: tenantName }, caller);
    },
  }),
);

const StartSignInInput = builder.inputType('StartSignInInput', {
  description: 'Who wants to sign in.',
  fields: (t) => ({
    identifier: t.string({ required: true, description: 'The e-mail address of the account.' }),
    tenant: t.string(TENANT),
  }),
});

const signInForm = z.object({ identifier: emailAddress, tenant });

builder.mutationField('startSignIn', (t) =>
  t.errorUnionField({
    types: [SignIn, InvalidInput, TenantNotFound],
    description: 'Begins a sign-in. The answer is the same for an identifier that nobody has.',
    args: { input: t.arg({ type: StartSignInInput, required: true, description: 'Who.' }) },
    resolve: (_root, { input }, { services, ...caller }) => {
      const { identifier, tenant: tenantName } = parseInput(signInForm, input);
      return startSignIn(services, { identifier, tenantId: tenantName }, caller);
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
    label: t.string({
      description: 'What you call it, for example the name of the phone. At most 64 characters.',
    }),
  }),
});

const enrollmentForm = z.object({ label: label.nullish().transform((text) => text ?? null) });

builder.mutationField('startEnrollment', (t) =>
  t.errorUnionField({
    types: [Enrollment, InvalidInput, FactorNotEnrollable, TooManyAuthenticators],
    nullable: true,
    authenticated: true,
    description:
      'Begins to add a factor to the signed-in user. Unless the session has proved the user’s strongest factor in the last ten minutes, an existing factor is proved first (NIST SP 800-63B-4 section 4.1.2).',
    args: { input: t.arg({ type: StartEnrollmentInput, required: true, description: 'Which.' }) },
    resolve: (_root, { input }, context) => {
      const { services, ...caller } = signedIn(context);
      const form = parseInput(enrollmentForm, input);
      return startEnrollment(services, { factor: input.factor, label: form.label }, caller);
    },
  }),
);

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
  }),
});

const stepUpForm = z.object({
  accept: z
    .array(z.string())
    .nullish()
    .refine(
      (kinds) => kinds == null || (kinds.length > 0 && kinds.every((kind) => isSecondFactor(kind as never))),
      'Name one or more second factors, or leave it out for any.',
    ),
  maxAge: z
    .int()
    .nullish()
    .refine((seconds) => seconds == null || seconds >= 1, 'Give a number of seconds, 1 or more.'),
});

builder.mutationField('startStepUp', (t) =>
  t.errorUnionField({
    types: [StepUp, InvalidInput, EnrollmentRequired],
    nullable: true,
    authenticated: true,
    description:
      'Begins to prove a factor anew in this session, after a refusal with `STEP_UP_REQUIRED` (RFC 9470).',
    args: { input: t.arg({ type: StartStepUpInput, required: true, description: 'What for.' }) },
    resolve: (_root, { input }, context) => {
      const { services, ...caller } = signedIn(context);
      parseInput(stepUpForm, input);
      return startStepUp(services, input, caller);
    },
  }),
);
