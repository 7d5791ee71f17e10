// The countries whose phone numbers begin a sign-in in a tenant: somebody who has nothing but a number depends on it.
import type { Sql } from '../persistence/orm.ts';
import { SmsUse } from '../policy/sms.ts';

/** @param instance the countries to which the instance sends text messages; none when it sends no messages. */
export async function phoneCountriesOf(
  sql: Sql,
  tenantId: string,
  instance: readonly string[],
): Promise<readonly string[]> {
  const tenant = await sql.selectFrom('tenant').select('sms').where('id', '=', tenantId).executeTakeFirst();
  return tenant?.sms === SmsUse.ANY_FACTOR ? instance : [];
}
