// Consumes a proof that is bound to an operation, for another service whose field requires one.
import { z } from 'zod';
import { isSecondFactor, SECOND_STEPS } from '../../policy/factor-kind.ts';
import { requirement } from '../../policy/requirement.ts';
import { consumeGrant } from '../../sessions/operation-grant.ts';
import { builder } from '../builder.ts';
import { signedIn } from '../context.ts';
import { parseInput } from '../input.ts';
import { FactorKindEnum, StepUpRequireEnum } from '../types/enums.ts';

/** The arguments of `@stepUp`, as clients pass them to start a step-up or to consume a proof. */
export const demandForm = z.object({
  accept: z
    .array(z.string())
    .nullish()
    .refine(
      (kinds) =>
        kinds == null ||
        (kinds.every((kind) => isSecondFactor(kind as never)) &&
          kinds.some((kind) => SECOND_STEPS.includes(kind as never))),
      `List one or more of ${SECOND_STEPS.join(', ')}, or omit the field to accept any.`,
    ),
  maxAge: z
    .int()
    .nullish()
    .refine((seconds) => seconds == null || seconds >= 1, 'Enter a number of seconds of at least 1.'),
  minFactorAge: z
    .int()
    .nullish()
    .refine((seconds) => seconds == null || seconds >= 0, 'Enter a number of seconds of at least 0.'),
});

builder.mutationField('consumeOperationProof', (t) =>
  t.field({
    type: 'Boolean',
    nullable: true,
    authenticated: true,
    description:
      'Consumes the proof that this session made for one operation. The service that executes the operation calls it first, with the user’s access token and the requirements of its `@stepUp` guard. Returns `false` if there is no sufficient proof or it was already used.',
    args: {
      digest: t.arg.string({
        required: true,
        description:
          'The digest of the operation about to run, as computed by `operationDigest` in the `stepgate` package.',
      }),
      accept: t.arg({
        type: [FactorKindEnum],
        description: 'The second factors to accept. Omit it to accept any.',
      }),
      maxAge: t.arg.int({ description: 'The maximum age of the proof, in seconds. Defaults to 600.' }),
      minFactorAge: t.arg.int({
        defaultValue: 0,
        description: 'The minimum age of the factor, in seconds: how long ago what was proved was enrolled.',
      }),
      require: t.arg({
        type: StepUpRequireEnum,
        defaultValue: 'SECOND_FACTOR',
        description:
          'How strong the proof must be: a second factor, or the strongest factor that the user has.',
      }),
    },
    resolve: (_root, { digest, ...demand }, context) => {
      const { services, session, em } = signedIn(context);
      parseInput(demandForm, demand);
      return consumeGrant(em, services.ring, session, digest, requirement(demand), services.clock.now());
    },
  }),
);
