// Using up a proof that is bound to an operation, for another service whose field demands one.
import { z } from 'zod';
import { sqlOf } from '../../persistence/orm.ts';
import { isSecondFactor, SECOND_STEPS } from '../../policy/factor-kind.ts';
import { requirement } from '../../policy/requirement.ts';
import { consumeGrant } from '../../sessions/operation-grant.ts';
import { builder } from '../builder.ts';
import { signedIn } from '../context.ts';
import { parseInput } from '../input.ts';
import { FactorKindEnum, StepUpRequireEnum } from '../types/enums.ts';

/** What `@stepUp` may say, in the input of those who prove and of those who ask for a proof. */
export const demandForm = z.object({
  accept: z
    .array(z.string())
    .nullish()
    .refine(
      (kinds) =>
        kinds == null ||
        (kinds.every((kind) => isSecondFactor(kind as never)) &&
          kinds.some((kind) => SECOND_STEPS.includes(kind as never))),
      `Name one or more of ${SECOND_STEPS.join(', ')}, or leave it out for any.`,
    ),
  maxAge: z
    .int()
    .nullish()
    .refine((seconds) => seconds == null || seconds >= 1, 'Give a number of seconds, 1 or more.'),
});

builder.mutationField('consumeOperationProof', (t) =>
  t.field({
    type: 'Boolean',
    nullable: true,
    authenticated: true,
    description:
      'Uses up the proof that this session has made for one operation, before that operation runs. `false`: there is none that would do, or it was used before. Called by the service that runs the operation, with its user’s token and what its field demands.',
    args: {
      digest: t.arg.string({
        required: true,
        description: 'Of the operation that is about to run, as `operationDigest` of the package makes it.',
      }),
      accept: t.arg({
        type: [FactorKindEnum],
        description: 'The second factors that will do; null: any.',
      }),
      maxAge: t.arg.int({ description: 'How old the proof may be, in seconds; 600 when left out.' }),
      require: t.arg({
        type: StepUpRequireEnum,
        defaultValue: 'SECOND_FACTOR',
        description: 'Whether a first factor will do for a user who has no second one.',
      }),
    },
    resolve: (_root, { digest, ...demand }, context) => {
      const { services, session, em } = signedIn(context);
      parseInput(demandForm, demand);
      return consumeGrant(
        sqlOf(em),
        services.ring,
        session,
        digest,
        requirement(demand),
        services.clock.now(),
      );
    },
  }),
);
