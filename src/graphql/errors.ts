// Expected failures as data: every error implements `UserError`.
import { LinkExpired } from '../factors/link/approval.ts';
import { LinkNotApproved } from '../factors/link/link.ts';
import { PasswordRejected } from '../factors/password/new-passwords.ts';
import { PhoneNumberTaken } from '../factors/phone/enrollment.ts';
import { Conflict } from '../persistence/settlement.ts';
import type { UserError } from '../platform/user-error.ts';
import { RefreshTokenRejected } from '../sessions/errors.ts';
import {
  EnrollmentRequired,
  FactorNotEnrollable,
  FactorNotOffered,
  LockedOut,
  NewPasswordNotDue,
  Overloaded,
  PhoneNumberNotAllowed,
  PhoneNumberNotFound,
  ProofRejected,
  TenantNotFound,
  TooManyAuthenticators,
  TooManyMessages,
  TooManyRequests,
  WorkflowEnded,
  WorkflowExpired,
  WorkflowNotFound,
} from '../workflows/errors.ts';
import { builder } from './builder.ts';
import { InvalidInput, NotFound } from './input.ts';
import { PasswordProblemType } from './types/password.ts';

const CODES = {
  INVALID_INPUT: 'A field of the input has a wrong form; `fields` says which and how to mend it.',
  NOT_FOUND: 'There is no such thing, or it is not yours.',
  TENANT_NOT_FOUND: 'There is no such tenant.',
  PASSWORD_REJECTED: 'The password does not meet the policy; the message says why.',
  WORKFLOW_NOT_FOUND: 'There is no such workflow, or it belongs to another session.',
  WORKFLOW_EXPIRED: 'The workflow’s deadline has passed. Start again.',
  WORKFLOW_ENDED: 'The workflow is complete or failed. Start again.',
  FACTOR_NOT_OFFERED: 'The factor is not among the workflow’s `factors` now.',
  FACTOR_NOT_ENROLLABLE: 'The factor cannot be added by a user.',
  PROOF_REJECTED: 'The proof is wrong, used up or too old.',
  LOCKED_OUT: 'Too many failures in a row for this account. Wait, or have the lock lifted.',
  OVERLOADED: 'The server is busy; nothing was checked and no attempt counted. Try again in a moment.',
  CONFLICT: 'A parallel request was first. Read the current state and go on from there.',
  TOO_MANY_MESSAGES:
    'Too many messages were sent, by this workflow or within an hour. Use the newest one, or start again later.',
  TOO_MANY_REQUESTS:
    'Too many wrong guesses, or too many new workflows, came from this network within an hour. Nothing was checked.',
  TOO_MANY_CHECKS: 'Too many passwords were checked from this network. Wait, or submit the password.',
  LINK_NOT_APPROVED: 'Nobody has approved the link yet; no attempt was counted.',
  LINK_EXPIRED: 'The link is unknown, too old, replaced by a newer one, or used.',
  NEW_PASSWORD_NOT_DUE: 'The workflow does not wait for a new password.',
  PHONE_NUMBER_NOT_ALLOWED: 'No text messages are sent to numbers of this country.',
  PHONE_NUMBER_NOT_FOUND: 'No number was named, or the user has none of this id.',
  PHONE_NUMBER_TAKEN: 'The number belongs to another account.',
  TOO_MANY_AUTHENTICATORS: 'The user has as many authenticators as one may have.',
  ENROLLMENT_REQUIRED: 'The user has no factor that would do. Add one first.',
  REFRESH_TOKEN_REJECTED: 'The refresh token is unknown, expired or was used before. Sign in again.',
} as const;

export const ErrorCode = builder.enumType('ErrorCode', {
  description: 'Stable names of the expected failures.',
  values: Object.fromEntries(
    Object.entries(CODES).map(([code, description]) => [code, { description }]),
  ) as Record<keyof typeof CODES, { description: string }>,
});

const UserErrorInterface = builder.interfaceRef<UserError>('UserError').implement({
  description: 'An expected failure. The message is for people; programs read the code.',
  fields: (t) => ({
    code: t.field({
      type: ErrorCode,
      description: 'What went wrong, for programs.',
      resolve: (error) => error.code as keyof typeof CODES,
    }),
    message: t.exposeString('message', { description: 'What went wrong and what to do, for people.' }),
  }),
});

type ErrorClass = new (...args: never[]) => UserError;

/** An error with nothing to say beyond its code and message. */
function plainError(error: ErrorClass, description: string): void {
  builder.objectType(
    error as never,
    {
      name: error.name,
      description,
      interfaces: [UserErrorInterface],
      isTypeOf: (value: unknown) => value instanceof error,
    } as never,
  );
}

plainError(NotFound, 'There is no such thing, or it is not yours.');
plainError(TenantNotFound, 'There is no such tenant.');
plainError(WorkflowNotFound, 'There is no such workflow, or it belongs to another session.');
plainError(WorkflowExpired, 'The workflow’s deadline has passed. Start again.');
plainError(WorkflowEnded, 'The workflow is complete or failed, and takes nothing more. Start again.');
plainError(FactorNotOffered, 'The factor is not among the workflow’s `factors` now.');
plainError(FactorNotEnrollable, 'The factor cannot be added by a user.');
plainError(LinkNotApproved, 'Nobody has approved the link yet. No attempt was counted.');
plainError(
  LinkExpired,
  'The link is unknown, too old, replaced by a newer one, or used: nothing tells which.',
);
plainError(NewPasswordNotDue, 'The workflow does not wait for a new password.');
plainError(PhoneNumberNotAllowed, 'No text messages are sent to numbers of this country.');
plainError(PhoneNumberNotFound, 'No number was named, or the user has none of this id.');
plainError(PhoneNumberTaken, 'The number belongs to another account.');
plainError(TooManyAuthenticators, 'The user has as many authenticators as one may have.');
plainError(EnrollmentRequired, 'The user has no factor that would do.');
plainError(RefreshTokenRejected, 'The refresh token is unknown, expired or was used before.');
plainError(Conflict, 'A parallel request was first; this one changed nothing.');

const InvalidField = builder.objectRef<{ path: string; message: string }>('InvalidField').implement({
  description: 'One mistake in an input.',
  fields: (t) => ({
    path: t.exposeString('path', { description: 'Where, for example `email`.' }),
    message: t.exposeString('message', { description: 'The form that would be accepted.' }),
  }),
});

builder.objectType(InvalidInput, {
  name: 'InvalidInput',
  description: 'The input has the right types, and a value of a wrong form.',
  interfaces: [UserErrorInterface],
  isTypeOf: (value) => value instanceof InvalidInput,
  fields: (t) => ({
    fields: t.field({
      type: [InvalidField],
      description: 'Every mistake.',
      resolve: (error) => [...error.fields],
    }),
  }),
});

builder.objectType(PasswordRejected, {
  name: 'PasswordRejected',
  description: 'The password does not meet the policy; the message says how to mend it.',
  interfaces: [UserErrorInterface],
  isTypeOf: (value) => value instanceof PasswordRejected,
  fields: (t) => ({
    problems: t.field({
      type: [PasswordProblemType],
      description: 'Every rule that it breaks.',
      resolve: (error) => [...error.problems],
    }),
  }),
});

builder.objectType(ProofRejected, {
  name: 'ProofRejected',
  description: 'The proof is wrong, used up or too old. Nothing says which, nor whether the account exists.',
  interfaces: [UserErrorInterface],
  isTypeOf: (value) => value instanceof ProofRejected,
  fields: (t) => ({
    attemptsRemaining: t.exposeInt('attemptsRemaining', {
      description: 'How many more proofs the workflow takes. At 0 it has failed.',
    }),
  }),
});

// One type for all of them, so that a client can ask for the field of each in one selection.
for (const [error, description, never] of [
  [
    LockedOut,
    'Too many failures in a row for this account, in whichever workflow. Wrong passwords and wrong codes are counted apart, and so are those of a device that signed in before (NIST SP 800-63B-4 section 3.2.2). A lock never closes links and backup codes of 64 bits or more.',
    'Null: time alone does not unlock it any more; a new password does, or an administrator.',
  ],
  [
    TooManyMessages,
    'No message is sent: this workflow has sent all that it may, or too many went to this address, for this account or from this network within an hour.',
    'Null: this workflow sends no more, and another one may.',
  ],
  [
    TooManyRequests,
    'Too many wrong guesses, or too many new workflows, came from this network within an hour. Known devices, sessions, links and backup codes of 64 bits or more are not refused.',
    'Never null here.',
  ],
  [Overloaded, 'The server is busy. Nothing was checked and no attempt counted.', 'Never null here.'],
] as const) {
  builder.objectType(error, {
    name: error.name,
    description,
    interfaces: [UserErrorInterface],
    isTypeOf: (value) => value instanceof error,
    fields: (t) => ({
      retryAfterSeconds: t.int({
        nullable: true,
        description: `When to try again, in seconds. ${never}`,
        resolve: (it) => it.retryAfterSeconds,
      }),
    }),
  });
}
