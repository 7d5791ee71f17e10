// The two mutations that advance every workflow: prepare a factor if necessary, then attempt it.
import { z } from 'zod';
import { CertificateRefused, CertificateTaken } from '../../factors/certificate/errors.ts';
import { DeviceNotApproved } from '../../factors/device-approval/errors.ts';
import { EmailAddressTaken } from '../../factors/email/errors.ts';
import type { FactorInput } from '../../factors/input-field.ts';
import { LinkNotApproved } from '../../factors/link/link.ts';
import {
  IdentityNotLinked,
  IdentityTaken,
  ProviderUnavailable,
  ReturnNotAllowed,
} from '../../factors/oauth/errors.ts';
import { PhoneNumberTaken } from '../../factors/phone/errors.ts';
import { MalformedProofError } from '../../factors/proof.ts';
import { PREPARATION_INPUTS, PROOF_FIELDS } from '../../factors/registry.ts';
import { Conflict } from '../../persistence/unit-of-work.ts';
import {
  AgentRequestEnded,
  FactorNotOffered,
  LockedOut,
  Overloaded,
  ProofRejected,
  ProviderRequired,
  TooManyMessages,
  TooManyRequests,
  WorkflowEnded,
  WorkflowExpired,
  WorkflowNotFound,
} from '../../workflows/errors.ts';
import type { Proof } from '../../workflows/steps/attempt.ts';
import { builder } from '../builder.ts';
import { formWith } from '../factor-form.ts';
import { InvalidInput, parseInput } from '../input.ts';
import { inputFields } from '../input-fields.ts';
import { DomainTest } from '../types/domain.ts';
import { FactorKindEnum } from '../types/enums.ts';
import { Enrollment, PasswordReset, SignIn, SignUp, StepUp } from '../types/workflow.ts';

const preparationFields: FactorInput['fields'] = Object.assign(
  {},
  ...PREPARATION_INPUTS.map(({ input }) => input.fields),
);

const preparationForm = formWith({ factor: z.string() }, PREPARATION_INPUTS);

const PrepareFactorInput = builder.inputType('PrepareFactorInput', {
  description: 'The factor to prepare.',
  fields: (t) => ({
    workflowId: t.id({ required: true, description: 'The id of the workflow.' }),
    factor: t.field({
      type: FactorKindEnum,
      required: true,
      description: 'The factor to prepare. It must be one of the workflow’s `factors`.',
    }),
    authenticatorId: t.id({
      description:
        'The `authenticatorId` from the workflow’s `factors`. Required if `factors` lists several authenticators of this factor.',
    }),
    ...inputFields(t, preparationFields),
  }),
});

builder.mutationField('prepareFactor', (t) =>
  t.errorUnionField({
    types: [
      SignUp,
      SignIn,
      PasswordReset,
      Enrollment,
      StepUp,
      DomainTest,
      InvalidInput,
      ReturnNotAllowed,
      ProviderUnavailable,
      WorkflowNotFound,
      WorkflowExpired,
      WorkflowEnded,
      FactorNotOffered,
      LockedOut,
      Conflict,
      TooManyMessages,
    ],
    nullable: true,
    description:
      'Sends the code or link for a factor that needs one. If you call it again within 30 seconds, nothing is sent and you get the current challenge; after that, it sends a new message that replaces the old one. The number of attempts left does not change. The number of messages per hour is limited for each address, phone number, account and network.',
    args: {
      input: t.arg({ type: PrepareFactorInput, required: true, description: 'The factor to prepare.' }),
    },
    resolve: (_root, { input }, { services, ...caller }) => {
      const given = parseInput(preparationForm, input);
      const { providerId = null } = given as { readonly providerId?: string | null };
      const { factor, authenticatorId = null } = input;
      const wanted = { factor, authenticatorId: authenticatorId ?? null, providerId, given };
      return services.runner.prepare(input.workflowId, wanted, caller);
    },
  }),
);

/** The types of fields with several values. */
const proofObjects = new Map(
  PROOF_FIELDS.flatMap(({ type }) => {
    if (typeof type === 'string') return [];
    const { typeName, fields } = type;
    const description = 'The values of the proof.';
    return [[typeName, builder.inputType(typeName, { description, fields: (t) => inputFields(t, fields) })]];
  }),
);

const ProofInput = builder.inputType('ProofInput', {
  description: 'A proof of one factor. Set exactly one field.',
  isOneOf: true,
  fields: (t) =>
    Object.fromEntries(
      PROOF_FIELDS.map(({ name, type: sent, description }) => {
        const type = typeof sent === 'string' ? sent : proofObjects.get(sent.typeName);
        return [name, t.field({ type: type ?? 'JSON', description })];
      }),
    ),
});

const AttemptFactorInput = builder.inputType('AttemptFactorInput', {
  description: 'A proof, and the workflow that it is for.',
  fields: (t) => ({
    workflowId: t.id({ required: true, description: 'The id of the workflow.' }),
    proof: t.field({
      type: ProofInput,
      required: true,
      description: 'The proof of one of the workflow’s `factors`.',
    }),
    rememberBrowser: t.boolean({
      defaultValue: false,
      description:
        'Whether the person asks that later sign-ins on this browser take no second step, for the `rememberedBrowserDays` of `settings`. Counts in the attempt that completes a sign-in with a second factor, and is ignored anywhere else. Store the `deviceToken` of the session, and send it when you start a sign-in.',
    }),
  }),
});

builder.mutationField('attemptFactor', (t) =>
  t.errorUnionField({
    types: [
      SignUp,
      SignIn,
      PasswordReset,
      Enrollment,
      StepUp,
      DomainTest,
      InvalidInput,
      WorkflowNotFound,
      WorkflowExpired,
      WorkflowEnded,
      FactorNotOffered,
      ProofRejected,
      CertificateRefused,
      CertificateTaken,
      ProviderUnavailable,
      IdentityNotLinked,
      IdentityTaken,
      ProviderRequired,
      LinkNotApproved,
      DeviceNotApproved,
      EmailAddressTaken,
      PhoneNumberTaken,
      AgentRequestEnded,
      LockedOut,
      TooManyRequests,
      Overloaded,
      Conflict,
    ],
    nullable: true,
    description:
      'Checks a proof and advances the workflow. A workflow allows five failed attempts. An account allows ten failed attempts in a row across all its workflows, counted separately for passwords and codes (NIST SP 800-63B-4 section 3.2.2). Links, certificates, approvals on a device, backup codes and codes that were never sent count toward the limit of the workflow only, because nobody can guess them. The number of incorrect guesses per hour is also limited for each network.',
    args: {
      input: t.arg({
        type: AttemptFactorInput,
        required: true,
        description: 'The proof, and the workflow that it is for.',
      }),
    },
    resolve: (_root, { input }, { services, ...caller }) =>
      services.runner.attempt(
        input.workflowId,
        { ...proofOf(input.proof), rememberBrowser: input.rememberBrowser ?? false },
        caller,
      ),
  }),
);

/** GraphQL ensures that exactly one field is set. @throws {InvalidInput} if its value is not acceptable. */
function proofOf(input: Readonly<Record<string, unknown>>): Proof {
  const field = PROOF_FIELDS.find(({ name }) => input[name] != null);
  if (field === undefined) {
    throw new InvalidInput([{ path: 'proof', message: 'Set exactly one field.' }]);
  }
  const { name } = field;
  try {
    return { name, value: field.parse(input[name]) };
  } catch (error) {
    if (!(error instanceof MalformedProofError)) throw error;
    throw new InvalidInput([{ path: `proof.${name}`, message: error.message }]);
  }
}
