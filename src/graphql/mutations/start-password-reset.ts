// Starts a password reset.

import { ProviderRequired, TenantNotFound, TooManyRequests } from '../../workflows/errors.ts';
import { startPasswordReset } from '../../workflows/password-reset/start.ts';
import { builder } from '../builder.ts';
import { InvalidInput, parseInput } from '../input.ts';
import { PasswordReset } from '../types/workflow.ts';
import { IDENTIFIER_ARGUMENT, identifierForm } from './identifier-argument.ts';
import { TENANT_ARGUMENT } from './tenant-argument.ts';

const StartPasswordResetInput = builder.inputType('StartPasswordResetInput', {
  description: 'The user who has forgotten their password.',
  fields: (t) => ({
    identifier: t.string(IDENTIFIER_ARGUMENT),
    tenant: t.string(TENANT_ARGUMENT),
  }),
});

builder.mutationField('startPasswordReset', (t) =>
  t.errorUnionField({
    types: [PasswordReset, InvalidInput, TenantNotFound, ProviderRequired, TooManyRequests],
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
