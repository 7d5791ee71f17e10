// Lists the email addresses and phone numbers of a user, oldest first.
import { type EntityManager, sqlOf } from '../persistence/orm.ts';

export interface EmailAddress {
  readonly id: string;
  /** As the user typed it. */
  readonly address: string;
  readonly verifiedAt: Date | null;
}

export interface PhoneNumber {
  readonly id: string;
  /** E.164. */
  readonly number: string;
  readonly secondFactor: boolean;
  readonly verifiedAt: Date | null;
}

export async function listEmailAddresses(em: EntityManager, userId: string): Promise<EmailAddress[]> {
  const rows = await sqlOf(em)
    .selectFrom('email_address')
    .select(['id', 'address', 'typed', 'verified_at'])
    .where('user_id', '=', userId)
    .orderBy('created_at')
    .execute();
  return rows.map((row) => ({ id: row.id, address: row.typed ?? row.address, verifiedAt: row.verified_at }));
}

export async function listPhoneNumbers(em: EntityManager, userId: string): Promise<PhoneNumber[]> {
  const rows = await sqlOf(em)
    .selectFrom('phone_number')
    .select(['id', 'number', 'second_factor', 'verified_at'])
    .where('user_id', '=', userId)
    .orderBy('created_at')
    .execute();
  return rows.map((row) => ({
    id: row.id,
    number: row.number,
    secondFactor: row.second_factor,
    verifiedAt: row.verified_at,
  }));
}
