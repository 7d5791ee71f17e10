// Lists the email addresses and phone numbers of a user, oldest first.
import { PRIMARY_FIRST } from '../factors/email/addresses-in-sql.ts';
import { type EntityManager, sqlOf } from '../persistence/orm.ts';

export interface EmailAddress {
  readonly id: string;
  /** As the user typed it. */
  readonly address: string;
  readonly verifiedAt: Date | null;
  /** Whether messages are sent to it. */
  readonly primary: boolean;
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
    .selectFrom('email_address as e')
    .select(['e.id', 'e.address', 'e.typed', 'e.verified_at', 'e.created_at'])
    .where('e.user_id', '=', userId)
    .orderBy(PRIMARY_FIRST)
    .execute();
  return rows
    .map((row, at) => ({ ...row, primary: at === 0 && row.verified_at !== null }))
    .toSorted((one, other) => one.created_at.getTime() - other.created_at.getTime())
    .map(({ id, address, typed, verified_at: verifiedAt, primary }) => ({
      id,
      address: typed ?? address,
      verifiedAt,
      primary,
    }));
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
