// Expected failures, returned as data. Every error type implements `UserError`.

import { CertificateRefused, CertificateTaken } from '../factors/certificate/errors.ts';
import {
  ApprovalRequestExpired,
  DeviceClockWrong,
  DeviceEnrollmentExpired,
  DeviceNotApproved,
  DeviceNotRecognized,
  NumberIncorrect,
} from '../factors/device-approval/errors.ts';
import { LastWayIn } from '../factors/last-way-in.ts';
import { LinkExpired } from '../factors/link/approval.ts';
import { LinkNotApproved } from '../factors/link/link.ts';
import {
  IdentityNotLinked,
  IdentityTaken,
  ProviderNotFound,
  ProviderUnavailable,
  ReturnNotAllowed,
} from '../factors/oauth/errors.ts';
import { TooManyChecks } from '../factors/password/check-limit.ts';
import { PasswordRejected } from '../factors/password/new-passwords.ts';
import { PhoneNumberNotAllowed, PhoneNumberNotFound, PhoneNumberTaken } from '../factors/phone/errors.ts';
import { Conflict } from '../persistence/unit-of-work.ts';
import type { UserError } from '../platform/user-error.ts';
import { RefreshTokenRejected } from '../sessions/errors.ts';
import {
  EnrollmentRequired,
  FactorNotEnrollable,
  FactorNotOffered,
  FactorTooYoung,
  LockedOut,
  NewPasswordNotDue,
  Overloaded,
  PasswordRequired,
  ProofRejected,
  TenantNotFound,
  TooManyAuthenticators,
  TooManyMessages,
  TooManyRequests,
  TooManyWaiting,
  WorkflowEnded,
  WorkflowExpired,
  WorkflowNotFound,
} from '../workflows/errors.ts';
import { builder } from './builder.ts';
import { InvalidInput, NotFound } from './input.ts';
import { PasswordProblemType } from './types/password.ts';

/** The class behind each code. It describes itself. */
const ERRORS = errorsByCode({
  INVALID_INPUT: InvalidInput,
  NOT_FOUND: NotFound,
  TENANT_NOT_FOUND: TenantNotFound,
  PASSWORD_REQUIRED: PasswordRequired,
  PASSWORD_REJECTED: PasswordRejected,
  WORKFLOW_NOT_FOUND: WorkflowNotFound,
  WORKFLOW_EXPIRED: WorkflowExpired,
  WORKFLOW_ENDED: WorkflowEnded,
  FACTOR_NOT_OFFERED: FactorNotOffered,
  FACTOR_NOT_ENROLLABLE: FactorNotEnrollable,
  PROOF_REJECTED: ProofRejected,
  LOCKED_OUT: LockedOut,
  OVERLOADED: Overloaded,
  CONFLICT: Conflict,
  TOO_MANY_MESSAGES: TooManyMessages,
  TOO_MANY_REQUESTS: TooManyRequests,
  TOO_MANY_CHECKS: TooManyChecks,
  TOO_MANY_WAITING: TooManyWaiting,
  CERTIFICATE_REFUSED: CertificateRefused,
  CERTIFICATE_TAKEN: CertificateTaken,
  PROVIDER_UNAVAILABLE: ProviderUnavailable,
  PROVIDER_NOT_FOUND: ProviderNotFound,
  RETURN_NOT_ALLOWED: ReturnNotAllowed,
  IDENTITY_NOT_LINKED: IdentityNotLinked,
  IDENTITY_TAKEN: IdentityTaken,
  LINK_NOT_APPROVED: LinkNotApproved,
  LINK_EXPIRED: LinkExpired,
  DEVICE_NOT_APPROVED: DeviceNotApproved,
  DEVICE_ENROLLMENT_EXPIRED: DeviceEnrollmentExpired,
  DEVICE_NOT_RECOGNIZED: DeviceNotRecognized,
  DEVICE_CLOCK_WRONG: DeviceClockWrong,
  APPROVAL_REQUEST_EXPIRED: ApprovalRequestExpired,
  NUMBER_INCORRECT: NumberIncorrect,
  NEW_PASSWORD_NOT_DUE: NewPasswordNotDue,
  PHONE_NUMBER_NOT_ALLOWED: PhoneNumberNotAllowed,
  PHONE_NUMBER_NOT_FOUND: PhoneNumberNotFound,
  PHONE_NUMBER_TAKEN: PhoneNumberTaken,
  LAST_WAY_IN: LastWayIn,
  TOO_MANY_AUTHENTICATORS: TooManyAuthenticators,
  ENROLLMENT_REQUIRED: EnrollmentRequired,
  FACTOR_TOO_YOUNG: FactorTooYoung,
  REFRESH_TOKEN_REJECTED: RefreshTokenRejected,
});

export const ErrorCode = builder.enumType('ErrorCode', {
  description: 'Stable names of expected failures, for use in programs. New names may be added.',
  values: Object.fromEntries(
    Object.entries<ErrorClass>(ERRORS).map(([code, { brief, description }]) => [
      code,
      { description: brief ?? description },
    ]),
  ) as Record<keyof typeof ERRORS, { description: string }>,
});

interface ErrorClass<Code extends string = string> {
  new (...args: never[]): UserError & { readonly code: Code };
  /** What the error's type means. */
  readonly description: string;
  /** What its code means, where that says less. */
  readonly brief?: string;
}

/** Checks that each class has the code that it is listed under. */
function errorsByCode<const Errors extends { readonly [Code in keyof Errors]: ErrorClass<Code & string> }>(
  errors: Errors,
): Errors {
  return errors;
}

const UserErrorInterface = builder.interfaceRef<UserError>('UserError').implement({
  description: 'An expected failure. Show the message to people; use the code in programs.',
  fields: (t) => ({
    code: t.field({
      type: ErrorCode,
      description: 'What went wrong, as a stable name for programs.',
      resolve: (error) => error.code as keyof typeof ERRORS,
    }),
    message: t.exposeString('message', {
      description: 'What went wrong and what to do about it, in English, for people. The wording can change.',
    }),
  }),
});

/** These have a type of their own below, or are thrown where there is no union. */
const OTHERS: ReadonlySet<ErrorClass> = new Set<ErrorClass>([
  InvalidInput,
  PasswordRejected,
  FactorTooYoung,
  ProofRejected,
  DeviceClockWrong,
  LockedOut,
  TooManyMessages,
  TooManyRequests,
  Overloaded,
  TooManyChecks,
  TooManyWaiting,
]);

for (const error of Object.values<ErrorClass>(ERRORS).filter((one) => !OTHERS.has(one))) {
  builder.objectType(
    error as never,
    {
      name: error.name,
      description: error.description,
      interfaces: [UserErrorInterface],
      isTypeOf: (value: unknown) => value instanceof error,
    } as never,
  );
}

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
  description: InvalidInput.description,
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
  description: PasswordRejected.description,
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

builder.objectType(FactorTooYoung, {
  name: 'FactorTooYoung',
  description: FactorTooYoung.description,
  interfaces: [UserErrorInterface],
  isTypeOf: (value) => value instanceof FactorTooYoung,
  fields: (t) => ({
    oldEnoughAt: t.expose('oldEnoughAt', {
      type: 'DateTime',
      description: 'When the first of the user’s factors is old enough.',
    }),
  }),
});

builder.objectType(ProofRejected, {
  name: 'ProofRejected',
  description: ProofRejected.description,
  interfaces: [UserErrorInterface],
  isTypeOf: (value) => value instanceof ProofRejected,
  fields: (t) => ({
    attemptsRemaining: t.exposeInt('attemptsRemaining', {
      description: 'How many attempts the workflow has left. At 0, the workflow has failed.',
    }),
  }),
});

builder.objectType(DeviceClockWrong, {
  name: 'DeviceClockWrong',
  description: DeviceClockWrong.description,
  interfaces: [UserErrorInterface],
  isTypeOf: (value) => value instanceof DeviceClockWrong,
  fields: (t) => ({
    serverTime: t.expose('serverTime', { type: 'DateTime', description: 'The time of the server.' }),
  }),
});

// `retryAfterSeconds` has the same type everywhere, so that a client can select it on each error in one operation.
for (const [error, never] of [
  [
    LockedOut,
    'Null if the lock does not end by itself: reset the password, or ask an administrator to unlock the account.',
  ],
  [TooManyMessages, 'Null if this workflow cannot send any more messages: start a new one.'],
  [TooManyRequests, 'Never null on this type.'],
  [Overloaded, 'Never null on this type.'],
] as const) {
  builder.objectType(error, {
    name: error.name,
    description: error.description,
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
