// Finds the user an operator names: the one who has verified an email address in a tenant.
import { emailAddress } from '../../factors/email/mailbox.ts';
import { type EntityManager, sqlOf } from '../../persistence/orm.ts';
import { readWord } from '../read-word.ts';
import { RefusedError } from '../run-command.ts';

/** @returns the address in its comparison form. @throws {UsageError} when `word` is not an email address. */
export function readEmail(word: string): string {
  return readWord(emailAddress, word).address;
}

/** @throws {RefusedError} when no user has verified it. */
export async function ownerOf(em: EntityManager, email: string, tenantId: string) {
  const user = await sqlOf(em)
    .selectFrom('email_address as e')
    .innerJoin('user_account as u', 'u.id', 'e.user_id')
    .select(['u.id', 'u.roles'])
    .where('e.tenant_id', '=', tenantId)
    .where('e.address', '=', email)
    .where('e.verified_at', 'is not', null)
    .executeTakeFirst();
  if (user === undefined)
    throw new RefusedError(`No user in tenant ${tenantId} has verified the address ${email}.`);
  return user;
}
