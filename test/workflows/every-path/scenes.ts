// The situations in which each chart runs: what the user has, and what its ends must prove.
import { type Evidence, evidenceOf } from '../../../src/policy/evidence.ts';
import type { Category, FactorKind } from '../../../src/policy/factor-kind.ts';
import type { ChartName } from '../../../src/workflows/chart-name.ts';
import type { Proved } from './proofs.ts';

/** The situation of a user in which a chart runs. */
export interface Scene {
  readonly title: string;
  readonly chart: ChartName;
  readonly tenant?: 'default' | 'strict';
  /** The second factors of the user when the workflow starts. */
  readonly enrolled?: readonly FactorKind[];
  /** The role of the user's phone number. */
  readonly phone?: 'IDENTIFIES' | 'SECOND_FACTOR';
  /** The identifier with which a sign-in or a reset starts. */
  readonly identifier?: 'EMAIL' | 'PHONE';
  /** Whether the user has no email address. */
  readonly isWithoutMailbox?: boolean;
  /** The factors that are proved on the paths of this scene. May leave out factors that another scene covers. */
  readonly proves: readonly Proved[];
  /** The input of the chart, for the model. */
  readonly input: object;
  /** The input of the API, for an enrollment or a step-up. */
  readonly request?: object;
  /** The session of an enrollment or a step-up: the age of its evidence, and whether it is only a phone. */
  readonly sessionAgeSeconds?: number;
  readonly isSessionOfPhone?: boolean;
  /** The end states of its paths, if they differ from the usual ones. */
  readonly ends?: readonly string[];
  /** The categories of the session when the chart completes. */
  readonly holds: readonly Category[];
}

const SECOND = ['PHONE_CODE', 'PHONE_LINK', 'TOTP', 'BACKUP_CODE', 'PASSKEY'] as const;
export const BY_EMAIL = ['PASSWORD', 'EMAIL_CODE', 'EMAIL_LINK'] as const;
export const BY_PHONE = ['PASSWORD', 'PHONE_CODE', 'PHONE_LINK'] as const;
const APP = ['TOTP', 'BACKUP_CODE'] as const;
const PHONE = ['PHONE_CODE', 'BACKUP_CODE'] as const;
const KNOWN = ['KNOWLEDGE'] as const;
const BOTH = ['KNOWLEDGE', 'POSSESSION'] as const;

const signIn = (secondFactorPolicy: string, offered: readonly FactorKind[] = BY_EMAIL) => ({
  offered,
  addressId: 'address',
  secondFactorPolicy,
  isAnonymous: false,
  enrolls: 'TOTP',
  newAuthenticatorId: 'new',
});
const signUp = (secondFactorPolicy: string) => ({
  chosen: evidenceOf('PASSWORD', 0),
  hasAddress: true,
  secondFactorPolicy,
  enrolls: 'TOTP',
  newAuthenticatorId: 'new',
});
const reset = (offered: readonly FactorKind[]) => ({ offered, addressId: 'address' });
const inSession = (proved: boolean, began: Evidence = evidenceOf('PASSWORD', 0)) => ({
  proved,
  accept: SECOND,
  acceptsFirst: true,
  evidence: [began],
});
const enrollment = (proved: boolean, began?: Evidence) => ({
  factor: 'TOTP',
  newAuthenticatorId: 'new',
  label: null,
  isSecondFactor: true,
  ...inSession(proved, began),
});
const stepUp = (began?: Evidence) => ({
  ...inSession(false, began),
  acceptsFirst: false,
  grantSeconds: null,
});
const IDENTIFIED = evidenceOf('PHONE_CODE', 0, []);

export const SCENES: readonly Scene[] = [
  {
    title: 'a sign-in without a second factor',
    chart: 'sign-in',
    proves: BY_EMAIL,
    input: signIn('OPTIONAL'),
    holds: KNOWN,
  },
  {
    title: 'a sign-in with an app',
    chart: 'sign-in',
    enrolled: APP,
    proves: [...BY_EMAIL, ...APP],
    input: signIn('OPTIONAL'),
    holds: BOTH,
  },
  {
    title: 'a sign-in with a phone',
    chart: 'sign-in',
    enrolled: PHONE,
    phone: 'SECOND_FACTOR',
    proves: ['PASSWORD', ...PHONE],
    input: signIn('OPTIONAL'),
    holds: BOTH,
  },
  {
    title: 'a sign-in where policy demands a second factor that the user has not got',
    chart: 'sign-in',
    tenant: 'strict',
    proves: ['PASSWORD', 'EMAIL_LINK', 'TOTP'],
    input: signIn('REQUIRED'),
    holds: BOTH,
  },
  {
    title: 'a sign-in by a number that only identifies',
    chart: 'sign-in',
    phone: 'IDENTIFIES',
    identifier: 'PHONE',
    proves: ['PHONE_CODE', 'PHONE_LINK'],
    input: signIn('OPTIONAL', BY_PHONE),
    holds: [],
  },
  {
    title: 'a sign-in by a number that only identifies, with an app',
    chart: 'sign-in',
    enrolled: APP,
    phone: 'IDENTIFIES',
    identifier: 'PHONE',
    proves: ['PASSWORD', 'PHONE_CODE', 'EMAIL_LINK', 'TOTP'],
    input: signIn('OPTIONAL', BY_PHONE),
    holds: BOTH,
  },
  {
    title: 'a sign-in by a number that only identifies, where policy demands a second factor',
    chart: 'sign-in',
    tenant: 'strict',
    phone: 'IDENTIFIES',
    identifier: 'PHONE',
    proves: ['PASSWORD', 'PHONE_LINK', 'EMAIL_CODE', 'TOTP'],
    input: signIn('REQUIRED', BY_PHONE),
    holds: BOTH,
  },
  {
    title: 'a sign-in by a number that is a second factor',
    chart: 'sign-in',
    enrolled: PHONE,
    phone: 'SECOND_FACTOR',
    identifier: 'PHONE',
    proves: ['PASSWORD', 'PHONE_CODE', 'PHONE_LINK', 'EMAIL_CODE'],
    input: signIn('OPTIONAL', BY_PHONE),
    holds: BOTH,
  },
  {
    title: 'a sign-up',
    chart: 'sign-up',
    proves: ['EMAIL_CODE', 'EMAIL_LINK'],
    input: signUp('OPTIONAL'),
    holds: KNOWN,
  },
  {
    title: 'a sign-up where policy demands a second factor',
    chart: 'sign-up',
    tenant: 'strict',
    proves: ['EMAIL_CODE', 'EMAIL_LINK', 'TOTP'],
    input: signUp('REQUIRED'),
    holds: BOTH,
  },
  {
    title: 'a password reset without a second factor',
    chart: 'password-reset',
    proves: BY_EMAIL,
    input: reset(['EMAIL_CODE', 'EMAIL_LINK']),
    holds: KNOWN,
  },
  {
    title: 'a password reset with an app, where policy demands one',
    chart: 'password-reset',
    tenant: 'strict',
    enrolled: APP,
    proves: ['PASSWORD', 'EMAIL_CODE', 'EMAIL_LINK', 'TOTP'],
    input: reset(['EMAIL_CODE', 'EMAIL_LINK']),
    holds: BOTH,
  },
  {
    title: 'a password reset by a number that only identifies',
    chart: 'password-reset',
    phone: 'IDENTIFIES',
    identifier: 'PHONE',
    proves: ['PHONE_CODE', 'PHONE_LINK', 'EMAIL_CODE'],
    input: reset(['PHONE_CODE', 'PHONE_LINK']),
    holds: KNOWN,
  },
  {
    title: 'a password reset by a number that only identifies, with an app',
    chart: 'password-reset',
    enrolled: APP,
    phone: 'IDENTIFIES',
    identifier: 'PHONE',
    proves: ['PASSWORD', 'PHONE_CODE', 'EMAIL_LINK', 'TOTP'],
    input: reset(['PHONE_CODE', 'PHONE_LINK']),
    holds: BOTH,
  },
  {
    title: 'a password reset by a number that is a second factor',
    chart: 'password-reset',
    enrolled: PHONE,
    phone: 'SECOND_FACTOR',
    identifier: 'PHONE',
    proves: ['PHONE_CODE', 'EMAIL_CODE', 'BACKUP_CODE'],
    input: reset(['PHONE_CODE', 'PHONE_LINK']),
    holds: BOTH,
  },
  {
    title: 'a password reset by a number, without a mailbox',
    chart: 'password-reset',
    phone: 'IDENTIFIES',
    identifier: 'PHONE',
    isWithoutMailbox: true,
    proves: ['PHONE_CODE', 'PHONE_LINK', 'EMAIL_CODE'],
    input: reset(['PHONE_CODE', 'PHONE_LINK']),
    ends: ['administrator', 'failed', 'expired'],
    holds: [],
  },
  {
    title: 'an enrollment in a fresh session',
    chart: 'enrollment',
    proves: ['TOTP'],
    input: enrollment(true),
    holds: BOTH,
  },
  {
    title: 'an enrollment in a stale session without a second factor',
    chart: 'enrollment',
    proves: [...BY_EMAIL, 'TOTP'],
    input: enrollment(false),
    sessionAgeSeconds: 700,
    holds: BOTH,
  },
  {
    title: 'an enrollment in a stale session with an app',
    chart: 'enrollment',
    enrolled: APP,
    proves: ['PASSWORD', ...APP],
    input: enrollment(false),
    sessionAgeSeconds: 700,
    holds: BOTH,
  },
  {
    title: 'an enrollment in a session that began with a phone alone, without a second factor',
    chart: 'enrollment',
    phone: 'IDENTIFIES',
    proves: ['PASSWORD', 'EMAIL_LINK', 'PHONE_CODE', 'TOTP'],
    input: enrollment(false, IDENTIFIED),
    isSessionOfPhone: true,
    holds: BOTH,
  },
  {
    title: 'an enrollment in a session that began with a phone alone, with an app',
    chart: 'enrollment',
    enrolled: APP,
    phone: 'IDENTIFIES',
    proves: ['PASSWORD', 'EMAIL_CODE', 'TOTP'],
    input: enrollment(false, IDENTIFIED),
    isSessionOfPhone: true,
    holds: BOTH,
  },
  {
    title: 'an enrollment of a phone',
    chart: 'enrollment',
    proves: ['PHONE_CODE'],
    input: { ...enrollment(true), factor: 'PHONE_CODE' },
    request: { factor: 'PHONE_CODE' },
    holds: BOTH,
  },
  {
    title: 'an enrollment of a phone that is only to identify',
    chart: 'enrollment',
    proves: ['PASSWORD', 'PHONE_CODE'],
    input: { ...enrollment(false), factor: 'PHONE_CODE', isSecondFactor: false },
    request: { factor: 'PHONE_CODE', secondFactor: false },
    sessionAgeSeconds: 700,
    holds: KNOWN,
  },
  {
    title: 'a step-up with an app',
    chart: 'step-up',
    enrolled: APP,
    proves: [...BY_EMAIL, ...APP],
    input: stepUp(),
    holds: BOTH,
  },
  {
    title: 'a step-up with a phone',
    chart: 'step-up',
    enrolled: PHONE,
    phone: 'SECOND_FACTOR',
    proves: ['PASSWORD', ...PHONE],
    input: stepUp(),
    holds: BOTH,
  },
  {
    title: 'a step-up of a session that began with a phone alone',
    chart: 'step-up',
    enrolled: APP,
    phone: 'IDENTIFIES',
    proves: ['PASSWORD', 'EMAIL_LINK', 'TOTP'],
    input: stepUp(IDENTIFIED),
    isSessionOfPhone: true,
    holds: BOTH,
  },
  {
    title: 'a step-up for one operation, which adds nothing to its session',
    chart: 'step-up',
    enrolled: APP,
    phone: 'IDENTIFIES',
    proves: ['PASSWORD', 'TOTP'],
    input: { ...stepUp(IDENTIFIED), grantSeconds: 300 },
    request: { operation: { query: 'mutation { pay }' } },
    isSessionOfPhone: true,
    holds: [],
  },
];
