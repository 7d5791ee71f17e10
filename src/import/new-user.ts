// Checks whether a record can be imported and turns it into rows. Imported users are active at once: what the file
// marks as verified was verified in the source system.
import type { Mailbox } from '../factors/email/mailbox.ts';
import { RecordError } from '../factors/record-error.ts';
import type { ImportedOwner, ImportedProvider } from '../factors/transfer.ts';
import {
  bringsFirstFactor,
  bringsIdentity,
  bringsSecondFactor,
  READ_TRANSFERS,
} from '../factors/transfers.ts';
import { type AuditActor, auditRow } from '../persistence/audit.ts';
import type { AuditType } from '../persistence/audit-type.ts';
import type { Row } from '../persistence/unit-of-work.ts';
import type { KeyRing } from '../platform/key-ring.ts';
import { randomId } from '../platform/random.ts';
import { type LeftBehind, leftBehindOf } from './left-behind.ts';
import type { UserRecord } from './user-record.ts';

/** The conditions of an import. */
export interface Terms {
  readonly ring: KeyRing;
  readonly tenantId: string;
  /** Treats unverified addresses and numbers as verified. */
  readonly trustUnverified: boolean;
  readonly acceptFastHashes: boolean;
  /** Imports users without the second factors that cannot be imported. */
  readonly withoutSecondFactors: boolean;
  /** The countries whose phone numbers can start a sign-in in this tenant. */
  readonly phoneCountries: readonly string[];
  /** Identities of other providers are refused. */
  readonly providers: readonly ImportedProvider[];
  /** Who imports them, for the audit log. */
  readonly actor: AuditActor;
  readonly now: Date;
}

/** A value that only one user of a tenant can have. */
export interface Claim {
  readonly kind: 'id' | 'externalId' | 'email' | 'phone' | 'passkey' | 'identity';
  readonly value: string;
  /** The field of the record, for a refusal. */
  readonly path: string;
}

/** The value of a claim. */
export function identityValue(issuer: string, subject: string): string {
  return JSON.stringify([issuer, subject]);
}

export interface NewUser {
  readonly id: string;
  readonly leftBehind: readonly LeftBehind[];
  readonly claims: readonly Claim[];
  readonly rows: {
    readonly user_account: readonly Row<'user_account'>[];
    readonly email_address: readonly Row<'email_address'>[];
    readonly phone_number: readonly Row<'phone_number'>[];
    readonly authenticator: readonly Row<'authenticator'>[];
    readonly backup_code: readonly Row<'backup_code'>[];
    readonly identity: readonly Row<'identity'>[];
    readonly audit_event: readonly Row<'audit_event'>[];
  };
}

/** @throws {RecordError} */
export function newUser(record: UserRecord, terms: Terms): NewUser {
  const hasSecondFactor = bringsSecondFactor(record) || record.phones.some((phone) => phone.secondFactor);
  const leftBehind = leftBehindOf(record, { hasSecondFactor }, terms.withoutSecondFactors);
  requireIdentifier(record, terms);
  requireWayIn(record, terms);
  const id = record.id ?? randomId();
  const owner: ImportedOwner = {
    ring: terms.ring,
    userId: id,
    tenantId: terms.tenantId,
    keepsId: record.id !== null,
    createdAt: record.createdAt ?? terms.now,
    acceptFastHashes: terms.acceptFastHashes,
    providers: terms.providers,
    hasSecondFactor,
  };
  const credentials = READ_TRANSFERS.map((transfer) => transfer.read(record, owner));
  const authenticator = credentials.flatMap((one) => one.authenticator ?? []);
  const identity = credentials.flatMap((one) => one.identity ?? []);
  return {
    id,
    leftBehind,
    claims: [...claimsOf(record), ...passkeysOf(authenticator), ...identitiesOf(identity)],
    rows: {
      user_account: [userRow(record, owner, terms)],
      email_address: emailRows(record, owner, terms),
      phone_number: record.phones.map((phone) => phoneRow(phone, owner, terms)),
      authenticator,
      backup_code: credentials.flatMap(({ backup_code }) => backup_code ?? []),
      identity,
      audit_event: [
        auditOf('user.imported', id, terms),
        ...(record.roles.length === 0 ? [] : [auditOf('role.granted', id, terms)]),
      ],
    },
  };
}

const UNVERIFIED =
  'This is not verified, so it may belong to someone else. Remove it, or use --trust-unverified, or trustUnverified in the API.';

function requireIdentifier(record: UserRecord, { trustUnverified, now }: Terms): void {
  const { email, emailVerified, otherEmails, phones, createdAt } = record;
  if (email === null && phones.length === 0 && !bringsIdentity(record)) {
    throw new RecordError(
      'email',
      'A user needs an email address, a phone number, a passkey or an account at an identity provider.',
    );
  }
  if (email === null && otherEmails.length > 0)
    throw new RecordError('otherEmails', 'Put the primary address in `email`, and only the others here.');
  if (createdAt !== null && createdAt > now) {
    throw new RecordError('createdAt', 'This time is in the future.');
  }
  if (trustUnverified) return;
  if (email !== null && !emailVerified) throw new RecordError('email', UNVERIFIED);
  const other = otherEmails.findIndex((one) => !one.verified);
  if (other >= 0) throw new RecordError(`otherEmails.${other}.address`, UNVERIFIED);
  const unverified = phones.findIndex((phone) => !phone.verified);
  if (unverified >= 0) throw new RecordError(`phones.${unverified}.number`, UNVERIFIED);
}

/** A mailbox can reset a password. A phone number cannot, and only helps where it is a first factor. */
function requireWayIn(record: UserRecord, { phoneCountries }: Terms): void {
  const { email, phones, smsFactors } = record;
  const unusable = phones.findIndex((phone) => phone.secondFactor && !smsFactors);
  if (unusable >= 0) {
    throw new RecordError(
      `phones.${unusable}.secondFactor`,
      'A phone number cannot be a second factor when `smsFactors` is false.',
    );
  }
  const canUseNumber = smsFactors && phones.some(({ number }) => phoneCountries.includes(number.country));
  if (email !== null || bringsFirstFactor(record) || canUseNumber) return;
  throw new RecordError(
    'passwordHash',
    'This user could never sign in. A user without an email address needs a password, a passkey or an account at an identity provider, unless the tenant accepts phone numbers as a first factor.',
  );
}

function claimsOf({ id, externalId, email, otherEmails, phones }: UserRecord): Claim[] {
  return [
    ...(id === null ? [] : [{ kind: 'id', value: id, path: 'id' } as const]),
    ...(externalId === null ? [] : [{ kind: 'externalId', value: externalId, path: 'externalId' } as const]),
    ...(email === null ? [] : [{ kind: 'email', value: email.address, path: 'email' } as const]),
    ...otherEmails.map(
      ({ address: { address } }, at) =>
        ({ kind: 'email', value: address, path: `otherEmails.${at}.address` }) as const,
    ),
    ...phones.map(
      ({ number }, at) => ({ kind: 'phone', value: number.number, path: `phones.${at}.number` }) as const,
    ),
  ];
}

/** A proof of such an authenticator says who the user is, so nobody else in the tenant may have it. */
function passkeysOf(authenticators: readonly Row<'authenticator'>[]): Claim[] {
  return authenticators.flatMap(({ identity_digest: digest }) =>
    typeof digest === 'string' ? [{ kind: 'passkey', value: digest, path: 'passkeys' } as const] : [],
  );
}

/** Likewise. */
function identitiesOf(identities: readonly Row<'identity'>[]): Claim[] {
  return identities.flatMap(({ issuer, subject }, at) =>
    typeof issuer === 'string' && typeof subject === 'string'
      ? [{ kind: 'identity', value: identityValue(issuer, subject), path: `identities.${at}` } as const]
      : [],
  );
}

function auditOf(type: AuditType, userId: string, { tenantId, actor, now }: Terms): Row<'audit_event'> {
  return auditRow({ type, tenantId, userId, sessionId: null }, actor, now);
}

function userRow(
  { externalId, name, roles, locale, smsFactors }: UserRecord,
  { userId, createdAt }: ImportedOwner,
  { tenantId, now }: Terms,
): Row<'user_account'> {
  return {
    id: userId,
    tenant_id: tenantId,
    external_id: externalId,
    name,
    roles: [...new Set(roles)],
    locale,
    sms: smsFactors,
    created_at: createdAt,
    activated_at: now,
  };
}

function emailRows(
  { email, otherEmails }: UserRecord,
  owner: ImportedOwner,
  terms: Terms,
): Row<'email_address'>[] {
  if (email === null) return [];
  const others = otherEmails.map(({ address }) => emailRow(address, owner, terms));
  return [{ ...emailRow(email, owner, terms), is_primary: true }, ...others];
}

function emailRow(
  { address, typed }: Mailbox,
  { userId, createdAt }: ImportedOwner,
  { tenantId, now }: Terms,
): Row<'email_address'> {
  return {
    is_primary: false,
    id: randomId(),
    tenant_id: tenantId,
    user_id: userId,
    address,
    typed,
    created_at: createdAt,
    verified_at: now,
  };
}

function phoneRow(
  { number, secondFactor }: UserRecord['phones'][number],
  { userId, createdAt }: ImportedOwner,
  { tenantId, now }: Terms,
): Row<'phone_number'> {
  return {
    id: randomId(),
    tenant_id: tenantId,
    user_id: userId,
    number: number.number,
    country: number.country,
    second_factor: secondFactor,
    second_factor_at: secondFactor ? now : null,
    created_at: createdAt,
    verified_at: now,
  };
}
