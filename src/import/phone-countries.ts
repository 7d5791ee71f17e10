// The countries whose phone numbers can start a sign-in in a tenant. Users with nothing but a phone number depend on it.
import { type EntityManager, sqlOf } from '../persistence/orm.ts';
import { SmsUse } from '../policy/sms.ts';

/** @param instance the countries to which this instance sends text messages; empty when it sends none. */
export async function phoneCountriesOf(
  em: EntityManager,
  tenantId: string,
  instance: readonly string[],
): Promise<readonly string[]> {
  const tenant = await sqlOf(em)
    .selectFrom('tenant')
    .select('sms')
    .where('id', '=', tenantId)
    .executeTakeFirst();
  return tenant?.sms === SmsUse.ANY_FACTOR ? instance : [];
}
