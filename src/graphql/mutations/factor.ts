// The two mutations that drive every workflow: prepare a factor where that is needed, then attempt it.

import type { ProofField } from '../../factors/factor.ts';
import { LinkNotApproved } from '../../factors/link/link.ts';
import { PhoneNumberTaken } from '../../factors/phone/enrollment.ts';
import { PROOF_FIELDS } from '../../factors/registry.ts';
import { Conflict } from '../../persistence/settlement.ts';
import {
  FactorNotOffered,
  LockedOut,
  Overloaded,
  ProofRejected,
  TooManyMessages,
  TooManyRequests,
  WorkflowEnded,
  WorkflowExpired,
  WorkflowNotFound,
} from '../../workflows/errors.ts';
import type { Proof } from '../../workflows/steps/attempt.ts';
import { builder } from '../builder.ts';
import { InvalidInput } from '../input.ts';
import { FactorKindEnum } from '../types/enums.ts';
import { Enrollment, PasswordReset, SignIn, SignUp, StepUp } from '../types/workflow.ts';

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
      PasswordReset,
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
      'Sends the code or the link of a factor that needs one. Asked again within 30 seconds it sends nothing and answers with the challenge that is outstanding; later it sends a new one, which replaces the old one. The attempts stay as they are. How many are sent in an hour is limited for each address, number, account and network.',
    args: { input: t.arg({ type: PrepareFactorInput, required: true, description: 'Which.' }) },
    resolve: (_root, { input }, { services, ...caller }) =>
      services.runner.prepare(
        input.workflowId,
        { factor: input.factor, authenticatorId: input.authenticatorId ?? null },
        caller,
      ),
  }),
);

const ProofInput = builder.inputType('ProofInput', {
  description: 'A proof of one factor: exactly one member.',
  isOneOf: true,
  fields: (t) =>
    Object.fromEntries(
      PROOF_FIELDS.map(({ name, description, maximumLength }) => [
        name,
        maximumLength === null ? t.boolean({ description }) : t.string({ description }),
      ]),
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
      PasswordReset,
      Enrollment,
      StepUp,
      InvalidInput,
      WorkflowNotFound,
      WorkflowExpired,
      WorkflowEnded,
      FactorNotOffered,
      ProofRejected,
      LinkNotApproved,
      PhoneNumberTaken,
      LockedOut,
      TooManyRequests,
      Overloaded,
      Conflict,
    ],
    nullable: true,
    description:
      'Checks a proof. Each attempt is counted before it is checked, five in a workflow and ten in a row over all workflows of an account, for passwords and for codes apart (NIST SP 800-63B-4 section 3.2.2); one that is right is given back. A code that was never sent counts for its workflow only, and so do links and backup codes, which nobody can guess. How many wrong guesses one network may make in an hour is limited.',
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
  if (field === undefined) {
    throw new InvalidInput([{ path: 'proof', message: 'Give exactly one proof.' }]);
  }
  const { name, maximumLength } = field;
  const value = input[name];
  const invalid = (message: string) => new InvalidInput([{ path: `proof.${name}`, message }]);
  if (maximumLength === null) {
    if (value !== true) throw invalid('Give `true`, when it is so.');
    return { name, value: '' };
  }
  const text = String(value);
  if ([...text].length > maximumLength) throw invalid(`This proof has at most ${maximumLength} characters.`);
  return { name, value: text };
}
