// Expected failures, returned as data. Every error type implements `UserError`.

import { DeviceClockWrong } from '../factors/device-approval/errors.ts';
import { TooManyChecks } from '../factors/password/check-limit.ts';
import { PasswordRejected } from '../factors/password/new-passwords.ts';
import type { UserError } from '../platform/user-error.ts';
import {
  FactorTooYoung,
  LockedOut,
  Overloaded,
  ProofRejected,
  TooManyMessages,
  TooManyRequests,
  TooManyWaiting,
} from '../workflows/errors.ts';
import { builder } from './builder.ts';
import { ERRORS, type ErrorClass } from './error-codes.ts';
import { InvalidInput } from './input.ts';
import { PasswordProblemType } from './types/password.ts';

export const ErrorCode = builder.enumType('ErrorCode', {
  description: 'Stable names of expected failures, for use in programs. New names may be added.',
  values: Object.fromEntries(
    Object.entries<ErrorClass>(ERRORS).map(([code, { brief, description }]) => [
      code,
      { description: brief ?? description },
    ]),
  ) as Record<keyof typeof ERRORS, { description: string }>,
});

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
