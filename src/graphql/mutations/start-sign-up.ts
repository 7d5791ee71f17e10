// Starts a sign-up.
import { z } from 'zod';
import { emailAddress } from '../../factors/email/mailbox.ts';
import { PasswordRejected } from '../../factors/password/new-passwords.ts';
import { personName } from '../../import/user-record.ts';
import { Overloaded, TenantNotFound, TooManyMessages, TooManyRequests } from '../../workflows/errors.ts';
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
      required: true,
      description: 'The user’s email address. A code is sent to it immediately.',
    }),
    password: t.string({
      required: true,
      description: 'The password. It must meet the `passwordPolicy` of `settings`.',
    }),
    name: t.string({ description: 'The user’s name, at most 128 characters.' }),
    tenant: t.string(TENANT_ARGUMENT),
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
