// What the expected failures say: what is wrong, and what to do about it.
import { expect, test } from 'vitest';
import { BreachedUnavailableError } from '../../src/factors/password/breached/breached.ts';
import { OverloadedError } from '../../src/factors/password/hashing-queue.ts';
import { PhoneNumberNotAllowed, PhoneNumberNotFound } from '../../src/factors/phone/errors.ts';
import * as failures from '../../src/workflows/errors.ts';

const { LockedOut, Overloaded, orOverloaded, ProofRejected, TooManyMessages, TooManyRequests } = failures;

test('an incorrect proof can be tried again while attempts are left, and then the workflow must be started again', () => {
  expect(new ProofRejected(1)).toMatchObject({
    attemptsRemaining: 1,
    message: 'Incorrect code or password. Try again.',
  });
  expect(new ProofRejected(0)).toMatchObject({
    attemptsRemaining: 0,
    message: 'Incorrect code or password. Start again.',
  });
});

test('a temporary lock says when it ends, and a permanent one names the ways out', () => {
  expect(new LockedOut(60)).toMatchObject({
    retryAfterSeconds: 60,
    message: expect.stringContaining('Wait'),
  });
  const closed = new LockedOut(null);
  expect(closed.retryAfterSeconds).toBeNull();
  expect(closed.message).toContain('ask an administrator');
  expect(closed.message).not.toContain('Wait');
});

test.each([
  ['requests', TooManyRequests],
  ['messages', TooManyMessages],
  ['busy moments', Overloaded],
])('too many %s say when to come back', (_what, Failure) => {
  expect(new Failure(7).retryAfterSeconds).toBe(7);
});

test('a list of breached passwords that cannot be read is given 30 seconds to come back', () => {
  expect(() => orOverloaded(new BreachedUnavailableError('x'))).toThrow(
    expect.objectContaining({ code: 'OVERLOADED', retryAfterSeconds: 30 }),
  );
});

test('a full hashing queue says when to try again, and other failures are rethrown unchanged', () => {
  expect(() => orOverloaded(new OverloadedError(4))).toThrow(
    expect.objectContaining({ code: 'OVERLOADED', retryAfterSeconds: 4 }),
  );
  const other = new Error('something else');
  expect(() => orOverloaded(other)).toThrow(other);
});

test.each([
  [new failures.WorkflowNotFound(), 'WORKFLOW_NOT_FOUND', 'Start again'],
  [new failures.WorkflowExpired(), 'WORKFLOW_EXPIRED', 'Start again'],
  [new failures.WorkflowEnded(), 'WORKFLOW_ENDED', 'Start again'],
  [new failures.FactorNotOffered(), 'FACTOR_NOT_OFFERED', '`factors`'],
  [new failures.NewPasswordNotDue(), 'NEW_PASSWORD_NOT_DUE', '`factors`'],
  [new failures.TenantNotFound(), 'TENANT_NOT_FOUND', '`tenant`'],
  [new failures.EnrollmentRequired(), 'ENROLLMENT_REQUIRED', '`startEnrollment`'],
  [new failures.FactorNotEnrollable(['TOTP', 'PHONE_CODE']), 'FACTOR_NOT_ENROLLABLE', 'TOTP, PHONE_CODE'],
  [new failures.TooManyAuthenticators(), 'TOO_MANY_AUTHENTICATORS', 'Remove one'],
  [new PhoneNumberNotAllowed(['US', 'CA']), 'PHONE_NUMBER_NOT_ALLOWED', 'US, CA'],
  [new PhoneNumberNotFound(), 'PHONE_NUMBER_NOT_FOUND', '`phoneNumberId`'],
])('%s has its code and says what to do', (failure, code, advice) => {
  expect(failure.code).toBe(code);
  expect(failure.message).toContain(advice);
});
