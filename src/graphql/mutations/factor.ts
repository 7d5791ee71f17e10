// The two mutations that drive every workflow: prepare a factor where that is needed, then attempt it.

import type { ProofField } from '../../factors/factor.ts';
import { PROOF_FIELDS } from '../../factors/registry.ts';
import { Conflict } from '../../persistence/settlement.ts';
import {
  FactorNotOffered,
  LockedOut,
  Overloaded,
  ProofRejected,
  TooManyMessages,
  WorkflowEnded,
  WorkflowExpired,
  WorkflowNotFound,
} from '../../workflows/errors.ts';
import type { Proof } from '../../workflows/runner.ts';
import { builder } from '../builder.ts';
import { InvalidInput } from '../input.ts';
import { FactorKindEnum } from '../types/enums.ts';
import { Enrollment, SignIn, SignUp, StepUp } from '../types/workflow.ts';

const PrepareFactorInput = builder.inputType('PrepareFactorInput', {
  description: 'Which factor to prepare.',
  fields: (t) => ({
    workflowId: t.id({ required: true, description: 'The workflow’s id.' }),
    factor: t.field({ type: FactorKindEnum, required: true, description: 'One of its `factors`.' }),
    authenticatorId: t.id({ description: 'Which of several, as `factors` names it.' }),
  }),
});

builder.mutationField('prepareFactor', (t) =>
  t.errorUnionField({
    types: [
      SignUp,
      SignIn,
      Enrollment,
      StepUp,
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
      'Sends the code of a factor that needs one. Asked again within 30 seconds it sends nothing and answers with the challenge that is outstanding; later it sends a new code, which replaces the old one. The attempts stay as they are.',
    args: { input: t.arg({ type: PrepareFactorInput, required: true, description: 'Which.' }) },
    resolve: (_root, { input }, { services, ...caller }) =>
      services.runner.prepare(input.workflowId, input.factor, caller),
  }),
);

const ProofInput = builder.inputType('ProofInput', {
  description: 'A proof of one factor: exactly one member.',
  isOneOf: true,
  fields: (t) =>
    Object.fromEntries(
      PROOF_FIELDS.map(({ name, description }) => [name, t.string({ description })]),
    ) as Record<ProofField['name'], ReturnType<typeof t.string>>,
});

const AttemptFactorInput = builder.inputType('AttemptFactorInput', {
  description: 'A proof for a workflow.',
  fields: (t) => ({
    workflowId: t.id({ required: true, description: 'The workflow’s id.' }),
    proof: t.field({ type: ProofInput, required: true, description: 'The proof.' }),
  }),
});

builder.mutationField('attemptFactor', (t) =>
  t.errorUnionField({
    types: [
      SignUp,
      SignIn,
      Enrollment,
      StepUp,
      InvalidInput,
      WorkflowNotFound,
      WorkflowExpired,
      WorkflowEnded,
      FactorNotOffered,
      ProofRejected,
      LockedOut,
      Overloaded,
      Conflict,
    ],
    nullable: true,
    description:
      'Checks a proof. Each attempt is counted before it is checked, five in a workflow and ten in a row over all workflows of an account (NIST SP 800-63B-4 section 3.2.2); one that is right is given back.',
    args: {
      input: t.arg({
        type: AttemptFactorInput,
        required: true,
        description: 'For which workflow, and what.',
      }),
    },
    resolve: (_root, { input }, { services, ...caller }) =>
      services.runner.attempt(input.workflowId, proofOf(input.proof), caller),
  }),
);

/** GraphQL has seen to it that there is exactly one member. @throws {InvalidInput} for one that is too long. */
function proofOf(input: Readonly<Record<string, unknown>>): Proof {
  const field = PROOF_FIELDS.find(({ name }) => input[name] != null);
  const value = field === undefined ? undefined : input[field.name];
  if (field === undefined || typeof value !== 'string') {
    throw new InvalidInput([{ path: 'proof', message: 'Give exactly one proof.' }]);
  }
  if ([...value].length > field.maximumLength) {
    const message = `This proof has at most ${field.maximumLength} characters.`;
    throw new InvalidInput([{ path: `proof.${field.name}`, message }]);
  }
  return { factor: field.factor, value };
}
