// Starts a sign-up.
import { z } from 'zod';
import { emailAddress } from '../../factors/email/mailbox.ts';
import { PasswordRejected } from '../../factors/password/new-passwords.ts';
import { personName } from '../../import/user-record.ts';
import {
  Overloaded,
  PasswordRequired,
  ProviderRequired,
  TenantNotFound,
  TooManyMessages,
  TooManyRequests,
} from '../../workflows/errors.ts';
import { startSignUp } from '../../workflows/sign-up/start.ts';
import { builder } from '../builder.ts';
import { InvalidInput, newPassword, parseInput } from '../input.ts';
import { NEW_PASSWORD_WORTH } from '../limits.ts';
import { SignUp } from '../types/workflow.ts';
import { TENANT_ARGUMENT, tenant } from './tenant-argument.ts';

const StartSignUpInput = builder.inputType('StartSignUpInput', {
  description: 'The details of a new account.',
  fields: (t) => ({
    email: t.string({
      description:
        'The user’s email address. A code is sent to it immediately. You can omit it together with the password: then a passkey is all that the user has.',
    }),
    password: t.string({
      description:
        'The password. It must meet the `passwordPolicy` of `settings`. If `passwordUse` is `OPTIONAL`, you can omit it: then the user enrolls a passkey before the sign-up completes.',
    }),
    name: t.string({ description: 'The user’s name, at most 128 characters.' }),
    tenant: t.string(TENANT_ARGUMENT),
  }),
});

const signUpForm = z
  .object({
    email: emailAddress.nullish().transform((email) => email ?? null),
    password: newPassword.nullish().transform((password) => password ?? null),
    name: personName.nullish().transform((name) => name ?? null),
    tenant,
  })
  .superRefine(({ email, password }, context) => {
    if (email === null && password !== null)
      context.addIssue({
        code: 'custom',
        path: ['email'],
        message: 'A user with a password needs an email address.',
      });
  });

builder.mutationField('startSignUp', (t) =>
  t.errorUnionField({
    extensions: NEW_PASSWORD_WORTH,
    types: [
      SignUp,
      InvalidInput,
      TenantNotFound,
      PasswordRequired,
      PasswordRejected,
      ProviderRequired,
      Overloaded,
      TooManyMessages,
      TooManyRequests,
    ],
    description:
      'Starts a sign-up and sends a code to the email address. The response is the same if the address already has an account.',
    args: {
      input: t.arg({ type: StartSignUpInput, required: true, description: 'The details of the account.' }),
    },
    resolve: (_root, { input }, { services, ...caller }) => {
      const { email, password, name, tenant: tenantName } = parseInput(signUpForm, input);
      return startSignUp(services, { email, password, name, tenantId: tenantName }, caller);
    },
  }),
);
