// The profile in a user's own row.
import type { Role } from '../persistence/entities/user.ts';
import { type EntityManager, sqlOf } from '../persistence/orm.ts';
import { type Deletion, deletionOf } from './deletion.ts';

export interface Profile {
  readonly name: string | null;
  /** The language of their messages, as a BCP 47 tag. */
  readonly locale: string;
  /** The id in the system from which the user was imported. */
  readonly externalId: string | null;
  readonly roles: readonly Role[];
  /** Whether the user allows text messages as a factor. */
  readonly sms: boolean;
  /** Null if the account stays. */
  readonly deletion: Deletion | null;
}

/** @returns null when the user does not exist. */
export async function findProfile(em: EntityManager, userId: string): Promise<Profile | null> {
  const row = await sqlOf(em)
    .selectFrom('user_account')
    .select(['name', 'locale', 'external_id', 'roles', 'sms', 'deletion_requested_at', 'deletion_due_at'])
    .where('id', '=', userId)
    .executeTakeFirst();
  if (row === undefined) return null;
  return {
    name: row.name,
    locale: row.locale,
    externalId: row.external_id,
    roles: row.roles,
    sms: row.sms,
    deletion: deletionOf(row),
  };
}
