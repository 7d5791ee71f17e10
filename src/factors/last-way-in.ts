// Nobody may remove what alone lets a user sign in: afterwards, not even a password reset would help.
import { sql as raw } from 'kysely';
import type { Sql } from '../persistence/orm.ts';
import { UserError } from '../platform/user-error.ts';

export class LastWayIn extends UserError {
  static readonly description =
    'The user could no longer sign in without this. Add an email address, another passkey that verifies its user, or an account at an identity provider, first.';
  readonly code = 'LAST_WAY_IN';
  constructor() {
    super('You could no longer sign in. Add another way to sign in first.');
  }
}

interface WaysIn {
  readonly keepsPasskeys?: boolean;
  readonly providers: readonly string[];
}

/**
 * Call it inside a transaction, after locking the user and deleting the factor.
 * @param terms `keepsPasskeys`: false when the passkeys go as well. `providers`: the ids of the identity providers on offer.
 * @throws {LastWayIn}
 */
export async function requireWayIn(
  sql: Sql,
  userId: string,
  { keepsPasskeys = true, providers }: WaysIn,
): Promise<void> {
  const { rows } = await raw<{ found: boolean }>`
    select exists (
      select from email_address where user_id = ${userId} and verified_at is not null
      union all
      select from phone_number p join user_account u on u.id = p.user_id join tenant t on t.id = u.tenant_id
        where p.user_id = ${userId} and p.verified_at is not null and (
          (t.sms = 'ANY_FACTOR' and u.sms)
          or exists (select from authenticator where user_id = ${userId} and factor = 'PASSWORD')
        )
      union all
      select from authenticator
        where ${keepsPasskeys} and user_id = ${userId} and factor = 'PASSKEY' and confirmed_at is not null
          and (data ->> 'verifiesUser')::boolean
      union all
      select from identity where user_id = ${userId} and linked_at is not null and provider = any(${providers}::text[])
    ) as found`.execute(sql);
  if (rows[0]?.found !== true) throw new LastWayIn();
}
