// Setting a new password, at the end of a reset or while signed in.
import { z } from 'zod';
import { changePassword } from '../../factors/password/change.ts';
import { PasswordRejected } from '../../factors/password/new-passwords.ts';
import { Conflict } from '../../persistence/unit-of-work.ts';
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

const NEW_PASSWORD = 'The new password. It must meet the `passwordPolicy` of `settings`.';
const SIGN_OUT = {
  defaultValue: true,
  description:
    'Whether to end your other sessions and forget the devices that you signed in on. Keep the default unless you are sure that no one else is signed in to your account.',
} as const;

const newPasswordForm = z.object({
  newPassword,
  signOutOtherSessions: z
    .boolean()
    .nullish()
    .transform((signOut) => signOut ?? true),
});

const ChooseNewPasswordInput = builder.inputType('ChooseNewPasswordInput', {
  description: 'The new password that completes a password reset.',
  fields: (t) => ({
    workflowId: t.id({ required: true, description: 'The id of the password reset workflow.' }),
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
      'Sets a new password if the status of the password reset is `NEEDS_NEW_PASSWORD`. All other workflows of the user end, the account is unlocked, and the user is notified. It does not sign the user in. If the user enrolled a second factor after the reset began, the password is not changed, and the status becomes `NEEDS_SECOND_FACTOR`.',
    args: {
      input: t.arg({
        type: ChooseNewPasswordInput,
        required: true,
        description: 'The password reset, and the new password.',
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
  description: 'The new password of the signed-in user.',
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
      'Changes your password, or sets the first one of a user who has signed up without. All your open workflows end, and you are notified. The current session continues.',
    args: { input: t.arg({ type: ChangePasswordInput, required: true, description: 'The new password.' }) },
    resolve: async (_root, { input }, context) => {
      const { services, ...caller } = signedIn(context);
      const choice = parseInput(newPasswordForm, input);
      await changePassword(services, choice, { ...caller, now: services.clock.now() }).catch(orOverloaded);
      return { id: caller.session.userId };
    },
  }),
);
