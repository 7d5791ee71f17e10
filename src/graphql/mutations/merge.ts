// Merging two users of one person: by the person, who proves both, or by an administrator.
import { z } from 'zod';
import { text } from '../../factors/record-forms.ts';
import { Conflict } from '../../persistence/unit-of-work.ts';
import { mergeAsAdministrator } from '../../users/merge/by-administrator.ts';
import { allowMerge, CONSENT_SECONDS, completeMerge } from '../../users/merge/by-owner.ts';
import {
  BothHaveSecondFactors,
  DeletionScheduled,
  MergeTooLarge,
  MergeWithRoles,
} from '../../users/merge/errors.ts';
import { builder } from '../builder.ts';
import { signedIn } from '../context.ts';
import { InvalidInput, isUuid, NotFound, parseInput } from '../input.ts';
import { UserType } from '../types/user.ts';

const userId = z.uuid('Enter the id of a user.').toLowerCase();

interface Allowed {
  readonly mergeAllowedUntil: Date;
}

const AllowedMergeType = builder.objectRef<Allowed>('AllowedMerge').implement({
  description: 'Your consent that another user takes over your account.',
  isTypeOf: (value) => typeof value === 'object' && value !== null && 'mergeAllowedUntil' in value,
  fields: (t) => ({
    expiresAt: t.field({
      type: 'DateTime',
      description:
        'When the consent ends, if the other user has not completed the merge. It also ends with this session.',
      resolve: (it) => it.mergeAllowedUntil,
    }),
  }),
});

const AllowMergeInput = builder.inputType('AllowMergeInput', {
  description: 'Who may take over your account.',
  fields: (t) => ({
    intoUserId: t.id({ required: true, description: 'The id of the user who stays.' }),
  }),
});

builder.mutationField('allowMerge', (t) =>
  t.errorUnionField({
    types: [AllowedMergeType, InvalidInput, Conflict],
    nullable: true,
    stepUp: {
      require: 'STRONGEST_ENROLLED',
      bind: 'OPERATION',
      describe: 'End this account and give everything in it to the account {input.intoUserId}',
    },
    description: `Allows another account of yours to take over this one. Sign in to that account next, and call \`completeMerge\` there within ${CONSENT_SECONDS / 60} minutes. The response does not reveal whether the other account exists.`,
    args: {
      input: t.arg({ type: AllowMergeInput, required: true, description: 'Who may take over your account.' }),
    },
    resolve: async (_root, { input }, context) => {
      const { services, ...caller } = signedIn(context);
      const { intoUserId } = parseInput(z.object({ intoUserId: userId }), input);
      const until = await allowMerge(intoUserId, { ...caller, now: services.clock.now() });
      return { mergeAllowedUntil: until };
    },
  }),
);

const CompleteMergeInput = builder.inputType('CompleteMergeInput', {
  description: 'Which account becomes a part of yours.',
  fields: (t) => ({
    userId: t.id({
      required: true,
      description: 'The id of the user who ends. They have called `allowMerge`.',
    }),
  }),
});

builder.mutationField('completeMerge', (t) =>
  t.errorUnionField({
    types: [
      UserType,
      NotFound,
      BothHaveSecondFactors,
      MergeWithRoles,
      MergeTooLarge,
      DeletionScheduled,
      Conflict,
    ],
    nullable: true,
    stepUp: {
      require: 'STRONGEST_ENROLLED',
      bind: 'OPERATION',
      describe: 'Merge the account {input.userId} into this one',
    },
    description:
      'Merges another account of yours into this one, after you have called `allowMerge` there. Its verified email addresses and phone numbers, its linked accounts and its second factors move here. Its password, backup codes, roles and sessions end with it, and so do open workflows of both. Two users who both have second factors are not merged. All addresses of both are told.',
    args: {
      input: t.arg({
        type: CompleteMergeInput,
        required: true,
        description: 'Which account becomes a part of yours.',
      }),
    },
    resolve: async (_root, { input }, context) => {
      const { services, ...caller } = signedIn(context);
      const { userId: fromId } = input;
      const owner = { ...caller, now: services.clock.now() };
      if (!isUuid(fromId) || !(await completeMerge(services, fromId.toLowerCase(), owner)))
        throw new NotFound();
      return { id: caller.session.userId };
    },
  }),
);

const MergeUsersInput = builder.inputType('MergeUsersInput', {
  description: 'Two users of one person, and why they are merged.',
  fields: (t) => ({
    userId: t.id({ required: true, description: 'The id of the user who ends.' }),
    intoUserId: t.id({ required: true, description: 'The id of the user who stays.' }),
    reason: t.string({
      required: true,
      description:
        'Why, for example the number of a ticket. At most 500 characters. It is stored with the merge.',
    }),
  }),
});

const mergeForm = z.object({
  userId,
  intoUserId: userId,
  reason: text(500).refine((reason) => reason !== '', 'Enter a reason.'),
});

builder.mutationField('mergeUsers', (t) =>
  t.errorUnionField({
    types: [
      UserType,
      InvalidInput,
      NotFound,
      BothHaveSecondFactors,
      MergeWithRoles,
      MergeTooLarge,
      DeletionScheduled,
      Conflict,
    ],
    nullable: true,
    requiresRole: 'ADMIN',
    stepUp: {
      bind: 'OPERATION',
      describe: 'Merge the user {input.userId} into the user {input.intoUserId}: {input.reason}',
    },
    description:
      'Merges two users of your tenant who are one person, as `completeMerge` does. Verify the identity of the person who asks for this: anyone who can sign in to one of the two can sign in to both afterwards. Neither may have a role, and all sessions of both end. All addresses of both are told.',
    args: {
      input: t.arg({
        type: MergeUsersInput,
        required: true,
        description: 'The two users, and why they are merged.',
      }),
    },
    resolve: async (_root, { input }, context) => {
      const { services, ...caller } = signedIn(context);
      const wanted = parseInput(mergeForm, input);
      const owner = { ...caller, now: services.clock.now() };
      if (!(await mergeAsAdministrator(services, wanted, owner))) throw new NotFound();
      return { id: wanted.intoUserId };
    },
  }),
);
