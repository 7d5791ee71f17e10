// Starts a sign-in.

import { identifier } from '../../factors/identifier.ts';
import { ProviderUnavailable } from '../../factors/oauth/errors.ts';
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
    withoutProvider: t.boolean({
      defaultValue: false,
      description:
        'For administrators who may sign in without the identity provider of their domain, for example because it cannot be reached. It changes nothing for anybody else: the response is that for an unknown identifier.',
    }),
  }),
});

builder.mutationField('startSignIn', (t) =>
  t.errorUnionField({
    types: [SignIn, InvalidInput, TenantNotFound, ProviderUnavailable, TooManyRequests],
    description:
      'Starts a sign-in. The response is the same for an unknown identifier. For an address in the domain of an organization, only its identity provider is offered.',
    args: { input: t.arg({ type: StartSignInInput, required: true, description: 'The user who signs in.' }) },
    resolve: (_root, { input }, { services, ...caller }) => {
      const form = parseInput(signInForm, input);
      const withoutProvider = input.withoutProvider ?? false;
      const wanted = { identifier: form.identifier, tenantId: form.tenant, withoutProvider };
      return startSignIn(services, wanted, caller);
    },
  }),
);
