// Starts a sign-in.

import { identifier } from '../../factors/identifier.ts';
import { TenantNotFound, TooManyRequests } from '../../workflows/errors.ts';
import { startSignIn } from '../../workflows/sign-in/start.ts';
import { builder } from '../builder.ts';
import { InvalidInput, parseInput } from '../input.ts';
import { SignIn } from '../types/workflow.ts';
import { IDENTIFIER_ARGUMENT, identifierForm } from './identifier-argument.ts';
import { TENANT_ARGUMENT } from './tenant-argument.ts';

const signInForm = identifierForm.extend({
  identifier: identifier.nullish().transform((given) => given ?? null),
});

const StartSignInInput = builder.inputType('StartSignInInput', {
  description: 'The user who wants to sign in.',
  fields: (t) => ({
    identifier: t.string({
      description: `${IDENTIFIER_ARGUMENT.description} Omit it to sign in with a passkey, which says who the user is.`,
    }),
    tenant: t.string(TENANT_ARGUMENT),
  }),
});

builder.mutationField('startSignIn', (t) =>
  t.errorUnionField({
    types: [SignIn, InvalidInput, TenantNotFound, TooManyRequests],
    description: 'Starts a sign-in. The response is the same for an unknown identifier.',
    args: { input: t.arg({ type: StartSignInInput, required: true, description: 'The user who signs in.' }) },
    resolve: (_root, { input }, { services, ...caller }) => {
      const form = parseInput(signInForm, input);
      return startSignIn(services, { identifier: form.identifier, tenantId: form.tenant }, caller);
    },
  }),
);
