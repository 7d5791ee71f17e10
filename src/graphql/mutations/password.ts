// A new password: at the end of a reset, or by the signed-in user.
import { z } from 'zod';
import { changePassword } from '../../factors/password/change.ts';
import { PasswordRejected } from '../../factors/password/new-passwords.ts';
import { Conflict } from '../../persistence/settlement.ts';
import {
  LockedOut,
  NewPasswordNotDue,
  Overloaded,
  orOverloaded,
  WorkflowEnded,
  WorkflowExpired,
  WorkflowNotFound,
} from '../../workflows/errors.ts';
import { builder } from '../builder.ts';
import { signedIn } from '../context.ts';
import { InvalidInput, newPassword, parseInput } from '../input.ts';
import { NEW_PASSWORD_WORTH } from '../limits.ts';
import { UserType } from '../types/user.ts';
import { PasswordReset } from '../types/workflow.ts';

const NEW_PASSWORD = 'The new password; `settings` says what it must be like.';
const SIGN_OUT = {
  defaultValue: true,
  description:
    'Whether your other sessions end, and the devices you signed in on are forgotten: yes, unless you know that nobody but you is signed in.',
} as const;

const newPasswordForm = z.object({
  newPassword,
  signOutOtherSessions: z
    .boolean()
    .nullish()
    .transform((signOut) => signOut ?? true),
});

const ChooseNewPasswordInput = builder.inputType('ChooseNewPasswordInput', {
  description: 'The last step of a password reset.',
  fields: (t) => ({
    workflowId: t.id({ required: true, description: 'The id of the password reset.' }),
    newPassword: t.string({ required: true, description: NEW_PASSWORD }),
    signOutOtherSessions: t.boolean(SIGN_OUT),
  }),
});

builder.mutationField('chooseNewPassword', (t) =>
  t.errorUnionField({
    extensions: NEW_PASSWORD_WORTH,
    types: [
      PasswordReset,
      InvalidInput,
      WorkflowNotFound,
      WorkflowExpired,
      WorkflowEnded,
      NewPasswordNotDue,
      PasswordRejected,
      LockedOut,
      Overloaded,
      Conflict,
    ],
    nullable: true,
    description:
      'Replaces the password, when the status of the reset is `NEEDS_NEW_PASSWORD`. Every other workflow of the user ends, the lockouts of the account are lifted, and the user gets a message. It signs nobody in. When a second factor was added since the first step, the reset asks for it instead (`NEEDS_SECOND_FACTOR`), and nothing has changed.',
    args: {
      input: t.arg({
        type: ChooseNewPasswordInput,
        required: true,
        description: 'In which reset, and what.',
      }),
    },
    resolve: (_root, { input }, { services, ...caller }) => {
      const { newPassword, signOutOtherSessions } = parseInput(newPasswordForm, input);
      const choice = { password: newPassword, signOutOtherSessions };
      return services.runner.choosePassword(input.workflowId, choice, caller);
    },
  }),
);

const ChangePasswordInput = builder.inputType('ChangePasswordInput', {
  description: 'A new password.',
  fields: (t) => ({
    newPassword: t.string({ required: true, description: NEW_PASSWORD }),
    signOutOtherSessions: t.boolean(SIGN_OUT),
  }),
});

builder.mutationField('changePassword', (t) =>
  t.errorUnionField({
    extensions: NEW_PASSWORD_WORTH,
    types: [UserType, InvalidInput, PasswordRejected, Overloaded, Conflict],
    nullable: true,
    stepUp: { require: 'STRONGEST_ENROLLED' },
    description:
      'Replaces your password. Every workflow of yours that is open ends, and you get a message. The session that asks stays.',
    args: { input: t.arg({ type: ChangePasswordInput, required: true, description: 'What.' }) },
    resolve: async (_root, { input }, context) => {
      const { services, ...caller } = signedIn(context);
      const choice = parseInput(newPasswordForm, input);
      await changePassword(services, choice, { ...caller, now: services.clock.now() }).catch(orOverloaded);
      return { id: caller.session.userId };
    },
  }),
);
