// Expected failures, returned as data. Every error type implements `UserError`.
import { LinkExpired } from '../factors/link/approval.ts';
import { LinkNotApproved } from '../factors/link/link.ts';
import { PasswordRejected } from '../factors/password/new-passwords.ts';
import { PhoneNumberTaken } from '../factors/phone/enrollment.ts';
import { Conflict } from '../persistence/unit-of-work.ts';
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
  INVALID_INPUT:
    'An input field has an invalid value. `fields` lists every invalid field and the format that it must have.',
  NOT_FOUND: 'Not found, or you do not have access to it.',
  TENANT_NOT_FOUND: 'The tenant does not exist.',
  PASSWORD_REJECTED:
    'The password does not meet the password policy. `problems` lists the rules that it breaks.',
  WORKFLOW_NOT_FOUND: 'The workflow does not exist, or it belongs to another session.',
  WORKFLOW_EXPIRED: 'The workflow’s deadline has passed. Start a new workflow.',
  WORKFLOW_ENDED: 'The workflow is complete or has failed. Start a new workflow.',
  FACTOR_NOT_OFFERED: 'The factor is not one of the workflow’s current `factors`.',
  FACTOR_NOT_ENROLLABLE:
    'Users cannot enroll this factor. `enrollableFactors` of `settings` lists those they can.',
  PROOF_REJECTED: 'The proof is incorrect, expired or already used.',
  LOCKED_OUT:
    'The account has had too many failed attempts in a row. Wait for `retryAfterSeconds`, or ask an administrator to unlock the account.',
  OVERLOADED:
    'The server is busy. Nothing was checked, and no attempt was counted. Try again after `retryAfterSeconds`.',
  CONFLICT:
    'Another request changed the same data first, and this request changed nothing. Read the current state and continue from there.',
  TOO_MANY_MESSAGES:
    'The workflow has sent as many messages as it can, or too many messages were sent within an hour. Use the newest message, or start again later.',
  TOO_MANY_REQUESTS:
    'This network made too many incorrect guesses, or started too many workflows, within an hour. Nothing was checked. Try again after `retryAfterSeconds`.',
  TOO_MANY_CHECKS:
    'This network has checked too many passwords. Wait for `retryAfterSeconds`, or submit the password without checking it first.',
  LINK_NOT_APPROVED: 'The link has not been approved yet. No attempt was counted.',
  LINK_EXPIRED: 'The link is unknown, expired, already used or replaced by a newer one.',
  NEW_PASSWORD_NOT_DUE: 'The workflow is not waiting for a new password.',
  PHONE_NUMBER_NOT_ALLOWED:
    'Text messages are not sent to this country. `phoneCountries` of `settings` lists the supported countries.',
  PHONE_NUMBER_NOT_FOUND: 'No phone number was given, or the user has no phone number with this id.',
  PHONE_NUMBER_TAKEN: 'The phone number belongs to another account.',
  TOO_MANY_AUTHENTICATORS: 'The user has the maximum number of authenticators. Remove one first.',
  ENROLLMENT_REQUIRED: 'The user has no factor that meets the requirement. Enroll one first.',
  REFRESH_TOKEN_REJECTED: 'The refresh token is unknown, expired or already used. Sign in again.',
} as const;

export const ErrorCode = builder.enumType('ErrorCode', {
  description: 'Stable names of expected failures, for use in programs. New names may be added.',
  values: Object.fromEntries(
    Object.entries(CODES).map(([code, description]) => [code, { description }]),
  ) as Record<keyof typeof CODES, { description: string }>,
});

const UserErrorInterface = builder.interfaceRef<UserError>('UserError').implement({
  description: 'An expected failure. Show the message to people; use the code in programs.',
  fields: (t) => ({
    code: t.field({
      type: ErrorCode,
      description: 'What went wrong, as a stable name for programs.',
      resolve: (error) => error.code as keyof typeof CODES,
    }),
    message: t.exposeString('message', {
      description: 'What went wrong and what to do about it, in English, for people. The wording can change.',
    }),
  }),
});

type ErrorClass = new (...args: never[]) => UserError;

/** An error type with no fields beyond its code and message. */
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

plainError(NotFound, CODES.NOT_FOUND);
plainError(TenantNotFound, CODES.TENANT_NOT_FOUND);
plainError(WorkflowNotFound, CODES.WORKFLOW_NOT_FOUND);
plainError(WorkflowExpired, CODES.WORKFLOW_EXPIRED);
plainError(WorkflowEnded, CODES.WORKFLOW_ENDED);
plainError(FactorNotOffered, CODES.FACTOR_NOT_OFFERED);
plainError(FactorNotEnrollable, CODES.FACTOR_NOT_ENROLLABLE);
plainError(LinkNotApproved, CODES.LINK_NOT_APPROVED);
plainError(
  LinkExpired,
  `${CODES.LINK_EXPIRED} The error does not say which, so that nobody can test whether a link exists.`,
);
plainError(NewPasswordNotDue, CODES.NEW_PASSWORD_NOT_DUE);
plainError(PhoneNumberNotAllowed, CODES.PHONE_NUMBER_NOT_ALLOWED);
plainError(PhoneNumberNotFound, CODES.PHONE_NUMBER_NOT_FOUND);
plainError(PhoneNumberTaken, CODES.PHONE_NUMBER_TAKEN);
plainError(TooManyAuthenticators, CODES.TOO_MANY_AUTHENTICATORS);
plainError(EnrollmentRequired, CODES.ENROLLMENT_REQUIRED);
plainError(RefreshTokenRejected, CODES.REFRESH_TOKEN_REJECTED);
plainError(Conflict, CODES.CONFLICT);

const InvalidField = builder.objectRef<{ path: string; message: string }>('InvalidField').implement({
  description: 'An invalid field of the input.',
  fields: (t) => ({
    path: t.exposeString('path', {
      description: 'The path of the field within the input, for example `email` or `users.0.name`.',
    }),
    message: t.exposeString('message', {
      description: 'What is wrong with the value, and what to send instead.',
    }),
  }),
});

builder.objectType(InvalidInput, {
  name: 'InvalidInput',
  description: 'An input field has the right GraphQL type but an invalid value.',
  interfaces: [UserErrorInterface],
  isTypeOf: (value) => value instanceof InvalidInput,
  fields: (t) => ({
    fields: t.field({
      type: [InvalidField],
      description: 'All invalid fields.',
      resolve: (error) => [...error.fields],
    }),
  }),
});

builder.objectType(PasswordRejected, {
  name: 'PasswordRejected',
  description: 'The new password does not meet the password policy. The message says what to change.',
  interfaces: [UserErrorInterface],
  isTypeOf: (value) => value instanceof PasswordRejected,
  fields: (t) => ({
    problems: t.field({
      type: [PasswordProblemType],
      description: 'All rules that the password breaks.',
      resolve: (error) => [...error.problems],
    }),
  }),
});

builder.objectType(ProofRejected, {
  name: 'ProofRejected',
  description: `${CODES.PROOF_REJECTED} The error does not say which, nor whether the account exists.`,
  interfaces: [UserErrorInterface],
  isTypeOf: (value) => value instanceof ProofRejected,
  fields: (t) => ({
    attemptsRemaining: t.exposeInt('attemptsRemaining', {
      description: 'How many attempts the workflow has left. At 0, the workflow has failed.',
    }),
  }),
});

// `retryAfterSeconds` has the same type everywhere, so that a client can select it on each error in one operation.
for (const [error, description, never] of [
  [
    LockedOut,
    'The account has had too many failed attempts in a row, counted across all its workflows. Incorrect passwords and incorrect codes are counted separately, and so are attempts from a device that has signed in before (NIST SP 800-63B-4 section 3.2.2). A lock never affects links, or backup codes of 64 bits or more.',
    'Null if the lock does not end by itself: reset the password, or ask an administrator to unlock the account.',
  ],
  [
    TooManyMessages,
    'The message was not sent. This workflow has sent as many as it can, or too many messages were sent to this address or number, for this account or from this network within an hour.',
    'Null if this workflow cannot send any more messages: start a new one.',
  ],
  [
    TooManyRequests,
    'This network made too many incorrect guesses, or started too many workflows, within an hour. Nothing was checked. Known devices, signed-in users, links, and backup codes of 64 bits or more are not affected.',
    'Never null on this type.',
  ],
  [
    Overloaded,
    'The server is busy. Nothing was checked, and no attempt was counted.',
    'Never null on this type.',
  ],
] as const) {
  builder.objectType(error, {
    name: error.name,
    description,
    interfaces: [UserErrorInterface],
    isTypeOf: (value) => value instanceof error,
    fields: (t) => ({
      retryAfterSeconds: t.int({
        nullable: true,
        description: `How long to wait before you try again, in seconds. ${never}`,
        resolve: (it) => it.retryAfterSeconds,
      }),
    }),
  });
}
