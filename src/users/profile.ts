// What a user's own row says about them.
import type { Role } from '../persistence/entities/user.ts';
import type { Sql } from '../persistence/orm.ts';

export interface Profile {
  readonly name: string | null;
  /** The language of their messages, as a BCP 47 tag. */
  readonly locale: string;
  /** Their id in the system that they were imported from. */
  readonly externalId: string | null;
  readonly roles: readonly Role[];
  /** Whether they let text messages be a factor of theirs. */
  readonly sms: boolean;
}

/** Null when there is no such user. */
export async function findProfile(sql: Sql, userId: string): Promise<Profile | null> {
  const row = await sql
    .selectFrom('user_account')
    .select(['name', 'locale', 'external_id', 'roles', 'sms'])
    .where('id', '=', userId)
    .executeTakeFirst();
  if (row === undefined) return null;
  return {
    name: row.name,
    locale: row.locale,
    externalId: row.external_id,
    roles: row.roles,
    sms: row.sms,
  };
}
