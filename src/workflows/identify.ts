// Finds the user that an identifier names, before anything is proved. An unknown identifier gets a decoy: a workflow
// with the same steps and replies.
import { type Account, accountJson } from '../factors/account.ts';
import { type Capture, captureOfDomain } from '../factors/capture.ts';
import { domainOf } from '../factors/email/mailbox.ts';
import { type Identifier, IdentifierKind } from '../factors/identifier.ts';
import { type Sql, sqlOf } from '../persistence/orm.ts';
import { run, statement } from '../persistence/statement.ts';
import { keyedDigest } from '../platform/digest.ts';
import type { KeyRing } from '../platform/key-ring.ts';
import { randomId } from '../platform/random.ts';
import type { SecondFactorPolicy } from '../policy/required-factors.ts';
import type { SmsUse } from '../policy/sms.ts';
import { digestOfDevice } from '../sessions/device.ts';
import type { Caller } from './caller.ts';
import { TenantNotFound } from './errors.ts';

export interface Identified {
  /** Null for a decoy. */
  readonly account: Account | null;
  /** The id of the address or number that was given. */
  readonly addressId: string | null;
  /** The device, if this user has signed in on it before. */
  readonly deviceId: string | null;
  /** Whose lockout counts the failures: that of a known device, of the account, or of an unknown identifier. */
  readonly subject: string;
  readonly secondFactorPolicy: SecondFactorPolicy;
  readonly sms: SmsUse;
  /** The domain that captures the identifier, whether or not there is an account. */
  readonly capture: Capture | null;
}

/** Runs a single statement. @throws {TenantNotFound} */
export async function identifyUser(
  ring: KeyRing,
  identifier: Identifier,
  tenantId: string,
  { em, deviceToken }: Caller,
): Promise<Identified> {
  const { kind, value } = identifier;
  const device = digestOfDevice(deviceToken);
  const [found] = await run(
    sqlOf(em),
    IDENTIFY[kind]({ value, domain: domainIn(identifier), tenantId, device }),
  );
  if (found === undefined) throw new TenantNotFound();
  const { account, address_id: addressId, device_id: deviceId } = found;
  return {
    account,
    addressId,
    deviceId,
    subject: account === null ? nameOf(ring, tenantId, identifier.value) : subjectOf(account, deviceId),
    secondFactorPolicy: found.second_factor,
    sms: found.sms,
    capture: found.capture,
  };
}

function domainIn({ kind, value }: Identifier): string | null {
  return kind === IdentifierKind.EMAIL ? domainOf(value) : null;
}

export function subjectOf({ id }: Account, deviceId: string | null): string {
  return deviceId === null ? `user:${id}` : `device:${deviceId}`;
}

/** Whom a proof names. */
export interface IdentifiedAccount extends Pick<Identified, 'deviceId' | 'subject'> {
  readonly account: Account;
}

interface Within {
  readonly tenantId: string;
  readonly deviceToken: string | null;
}

/**
 * The owner of an enrolled authenticator that a proof names by the digest of its id.
 * @returns null if the tenant has none.
 */
export async function accountByIdentity(
  sql: Sql,
  { digest, tenantId, deviceToken }: Within & { readonly digest: string },
): Promise<IdentifiedAccount | null> {
  return identified(await run(sql, BY_IDENTITY({ digest, tenantId, device: digestOfDevice(deviceToken) })));
}

/** The owner of an identity at a provider. */
export async function accountAtProvider(
  sql: Sql,
  { issuer, subject, tenantId, deviceToken }: Within & { readonly issuer: string; readonly subject: string },
): Promise<IdentifiedAccount | null> {
  const device = digestOfDevice(deviceToken);
  return identified(await run(sql, AT_PROVIDER({ issuer, subject, tenantId, device })));
}

/** The user who has verified this address. */
export async function accountOfAddress(
  sql: Sql,
  { address, tenantId, deviceToken }: Within & { readonly address: string },
): Promise<IdentifiedAccount | null> {
  return identified(
    await run(
      sql,
      IDENTIFY.EMAIL({ value: address, domain: null, tenantId, device: digestOfDevice(deviceToken) }),
    ),
  );
}

function identified([found]: readonly {
  readonly account: Account | null;
  readonly device_id: string | null;
}[]): IdentifiedAccount | null {
  if (found === undefined || found.account === null) return null;
  const { account, device_id: deviceId } = found;
  return { account, deviceId, subject: subjectOf(account, deviceId) };
}

/** A name for an address or number that does not reveal it. Works for unknown ones too. */
export function nameOf(ring: KeyRing, tenantId: string, value: string): string {
  return `unknown:${keyedDigest(ring, 'identifier', `${tenantId}:${value}`)}`;
}

/**
 * For a sign-in without an identifier. Its subject is its own, until a proof has said who the user is: until then there is
 * nothing to guess. @throws {TenantNotFound}
 */
export async function anybody(tenantId: string, { em }: Caller): Promise<Identified> {
  const tenant = await sqlOf(em)
    .selectFrom('tenant')
    .select(['second_factor', 'sms'])
    .where('id', '=', tenantId)
    .executeTakeFirst();
  if (tenant === undefined) throw new TenantNotFound();
  const { second_factor: secondFactorPolicy, sms } = tenant;
  return {
    account: null,
    addressId: null,
    deviceId: null,
    subject: anybodysSubject(),
    secondFactorPolicy,
    sms,
    capture: null,
  };
}

/** Of a workflow of its own. */
export function anybodysSubject(): string {
  return `anybody:${randomId()}`;
}

interface Sought {
  readonly value: string;
  /** Of an address. */
  readonly domain: string | null;
  readonly tenantId: string;
  /** The digest of the device's token. */
  readonly device: string | null;
}

const IDENTIFY = { EMAIL: identifying('EMAIL'), PHONE: identifying('PHONE') } as const;

function identifying(kind: IdentifierKind) {
  return statement((sql, { value, domain, tenantId, device }: Sought) =>
    sql
      .selectFrom('tenant as t')
      .leftJoin(addresses(sql, kind, value).as('a'), (join) => join.onRef('a.tenant_id', '=', 't.id'))
      .leftJoin('known_device as d', (join) =>
        join.onRef('d.user_id', '=', 'a.user_id').on('d.token_digest', '=', device),
      )
      .select((it) => [
        't.second_factor',
        't.sms',
        'a.id as address_id',
        'd.id as device_id',
        accountJson(it.ref('a.user_id')).as('account'),
        captureOfDomain(it.ref('t.id'), domain).as('capture'),
      ])
      .where('t.id', '=', tenantId),
  );
}

const BY_IDENTITY = statement(
  (sql, { digest, tenantId, device }: Omit<Sought, 'value' | 'domain'> & { readonly digest: string }) =>
    sql
      .selectFrom('authenticator as a')
      .leftJoin('known_device as d', (join) =>
        join.onRef('d.user_id', '=', 'a.user_id').on('d.token_digest', '=', device),
      )
      .select((it) => ['d.id as device_id', accountJson(it.ref('a.user_id')).as('account')])
      .where('a.tenant_id', '=', tenantId)
      .where('a.identity_digest', '=', digest)
      .where('a.confirmed_at', 'is not', null),
);

const AT_PROVIDER = statement(
  (
    sql,
    {
      issuer,
      subject,
      tenantId,
      device,
    }: Omit<Sought, 'value' | 'domain'> & { readonly issuer: string; readonly subject: string },
  ) =>
    sql
      .selectFrom('identity as i')
      .leftJoin('known_device as d', (join) =>
        join.onRef('d.user_id', '=', 'i.user_id').on('d.token_digest', '=', device),
      )
      .select((it) => ['d.id as device_id', accountJson(it.ref('i.user_id')).as('account')])
      .where('i.tenant_id', '=', tenantId)
      .where('i.issuer', '=', issuer)
      .where('i.subject', '=', subject)
      .where('i.linked_at', 'is not', null),
);

/** Verified addresses or numbers with this value. A tenant has at most one. */
function addresses(db: Sql, kind: IdentifierKind, value: string) {
  return kind === IdentifierKind.EMAIL
    ? db
        .selectFrom('email_address')
        .select(['id', 'tenant_id', 'user_id'])
        .where('address', '=', value)
        .where('verified_at', 'is not', null)
    : db
        .selectFrom('phone_number')
        .select(['id', 'tenant_id', 'user_id'])
        .where('number', '=', value)
        .where('verified_at', 'is not', null);
}
