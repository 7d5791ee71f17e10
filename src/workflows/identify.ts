// Who is named by an identifier, before anybody has proved anything. An identifier that nobody has leads on too, with
// the same steps and replies: a decoy.
import { type Account, accountJson } from '../factors/account.ts';
import { type Identifier, IdentifierKind } from '../factors/identifier.ts';
import { type Sql, sqlOf } from '../persistence/orm.ts';
import { keyedDigest } from '../platform/digest.ts';
import type { KeyRing } from '../platform/key-ring.ts';
import type { SecondFactorPolicy } from '../policy/required-factors.ts';
import type { SmsUse } from '../policy/sms.ts';
import { digestOfDevice } from '../sessions/device.ts';
import type { Caller } from './caller.ts';
import { TenantNotFound } from './errors.ts';

export interface Identified {
  /** Null for a decoy. */
  readonly account: Account | null;
  /** Of the address or number that was named. */
  readonly addressId: string | null;
  /** The device, when this user signed in on it before. */
  readonly deviceId: string | null;
  /** Whose lockout failures count for: a known device's own, the account's, or that of an identifier nobody has. */
  readonly subject: string;
  readonly secondFactorPolicy: SecondFactorPolicy;
  readonly sms: SmsUse;
}

/** One statement. @throws {TenantNotFound} */
export async function identifyUser(
  ring: KeyRing,
  identifier: Identifier,
  tenantId: string,
  { em, deviceToken }: Caller,
): Promise<Identified> {
  const sql = sqlOf(em);
  const found = await sql
    .selectFrom('tenant as t')
    .leftJoin(addresses(sql, identifier).as('a'), (join) => join.onRef('a.tenant_id', '=', 't.id'))
    .leftJoin('known_device as d', (join) =>
      join.onRef('d.user_id', '=', 'a.user_id').on('d.token_digest', '=', digestOfDevice(deviceToken)),
    )
    .select((it) => [
      't.second_factor',
      't.sms',
      'a.id as address_id',
      'd.id as device_id',
      accountJson(it.ref('a.user_id')).as('account'),
    ])
    .where('t.id', '=', tenantId)
    .executeTakeFirst();
  if (found === undefined) throw new TenantNotFound();
  const { account, address_id: addressId, device_id: deviceId } = found;
  const owner = (id: string) => (deviceId === null ? `user:${id}` : `device:${deviceId}`);
  return {
    account,
    addressId,
    deviceId,
    subject: account === null ? nameOf(ring, tenantId, identifier.value) : owner(account.id),
    secondFactorPolicy: found.second_factor,
    sms: found.sms,
  };
}

/** A name for an address or number, whether anybody has it or not, that does not give it away. */
export function nameOf(ring: KeyRing, tenantId: string, value: string): string {
  return `unknown:${keyedDigest(ring, 'identifier', `${tenantId}:${value}`)}`;
}

/** The verified ones of this value: in a tenant there is at most one. */
function addresses(db: Sql, { kind, value }: Identifier) {
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
