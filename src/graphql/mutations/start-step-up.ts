// Starts a step-up.

import {
  AgentsCannotStepUp,
  EnrollmentRequired,
  FactorTooYoung,
  TooManyAgentRequests,
  TooManyRequests,
} from '../../workflows/errors.ts';
import { startStepUp } from '../../workflows/step-up/start.ts';
import { builder } from '../builder.ts';
import { signedIn } from '../context.ts';
import { InvalidInput, parseInput } from '../input.ts';
import { operationInWords } from '../operation-in-words.ts';
import { FactorKindEnum, StepUpRequireEnum } from '../types/enums.ts';
import { StepUp } from '../types/workflow.ts';
import { demandForm } from './operation-proof.ts';

const BoundOperationInput = builder.inputType('BoundOperationInput', {
  description: 'An operation with its arguments, exactly as you will send it.',
  fields: (t) => ({
    query: t.string({ required: true, description: 'The GraphQL document that contains the operation.' }),
    operationName: t.string({
      description: 'The name of the operation. Required if the document has more than one.',
    }),
    variables: t.field({ type: 'JSON', description: 'The variables of the operation, as a JSON object.' }),
  }),
});

const StartStepUpInput = builder.inputType('StartStepUpInput', {
  description: 'The requirements for the proof. Copy them from the `extensions` of the refusal.',
  fields: (t) => ({
    accept: t.field({
      type: [FactorKindEnum],
      description: 'The second factors to accept. Omit it to accept any.',
    }),
    maxAge: t.int({
      description:
        'The maximum age of an existing proof, in seconds. If the session has a proof that is recent enough, the workflow is complete immediately. If you omit it, a new proof is always required.',
    }),
    minFactorAge: t.int({
      description:
        'The minimum age of the factor, in seconds. Factors that the user enrolled more recently are not offered.',
    }),
    require: t.field({
      type: StepUpRequireEnum,
      defaultValue: 'SECOND_FACTOR',
      description:
        'How strong the proof must be: a second factor, or the strongest factor that the user has.',
    }),
    operation: t.field({
      type: BoundOperationInput,
      description:
        'For a refusal with `bind: OPERATION`: the operation that was refused, on this API or on another service. The proof can be used once, for this operation with these arguments, within `maxAge` seconds (by default 300).',
    }),
  }),
});

builder.mutationField('startStepUp', (t) =>
  t.errorUnionField({
    types: [
      StepUp,
      InvalidInput,
      EnrollmentRequired,
      FactorTooYoung,
      TooManyRequests,
      AgentsCannotStepUp,
      TooManyAgentRequests,
    ],
    nullable: true,
    authenticated: true,
    description:
      'Starts a step-up, in which the user proves a factor again in the current session. Call it after a refusal with `STEP_UP_REQUIRED` (RFC 9470). For an agent, it asks the user to approve the `operation`: its status is `NEEDS_APPROVAL` until the user has answered, and it gives no tokens.',
    args: { input: t.arg({ type: StartStepUpInput, required: true, description: 'The required proof.' }) },
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
