// Adds an email address to a user. Its row is written when the enrollment begins, because a chart's snapshot must not
// contain addresses. The address counts after the user has proved that they read its mail. An address of another user gets
// the same replies, and its owner a message instead of the code.
import type { UnitOfWork } from '../../persistence/unit-of-work.ts';
import { MOST_EMAIL_ADDRESSES } from '../../policy/authenticator-limit.ts';
import { type Account, lockUser } from '../account.ts';
import type { ChosenAuthenticator, EnrollmentRequest, FactorEnrollment } from '../factor-enrollment.ts';
import { EmailAddressTaken, TooManyEmailAddresses } from './errors.ts';
import type { Mailbox } from './mailbox.ts';
import { maskEmail } from './mask.ts';

export const emailEnrollment: FactorEnrollment = {
  choose: chooseAddress,
  hint: (account, id) => maskedOf(account, id),
  announced: {
    audit: 'email-address.added',
    notice: (account, id) => ({ name: 'email-address-added', address: maskedOf(account, id) ?? '' }),
  },
  begin: () => null,
  confirm(unitOfWork, { id, now }) {
    unitOfWork.require(async (sql) => {
      const other = await sql
        .selectFrom('email_address as mine')
        .innerJoin('email_address as other', (join) =>
          join.onRef('other.tenant_id', '=', 'mine.tenant_id').onRef('other.address', '=', 'mine.address'),
        )
        .select('other.id')
        .where('mine.id', '=', id)
        .whereRef('other.user_id', '<>', 'mine.user_id')
        .where('other.verified_at', 'is not', null)
        .executeTakeFirst();
      if (other !== undefined) throw new EmailAddressTaken();
      const { numUpdatedRows } = await sql
        .updateTable('email_address')
        .set((it) => ({ verified_at: it.fn.coalesce('verified_at', it.val(now)) }))
        .where('id', '=', id)
        .executeTakeFirst();
      return numUpdatedRows === 1n;
    });
  },
};

/** The user's own unproved address, or a new one. @throws {TooManyEmailAddresses} */
function chooseAddress({ account, given, unitOfWork, newId, now }: EnrollmentRequest): ChosenAuthenticator {
  const { address, typed } = given as Mailbox;
  const isSecondFactor = false;
  const own = account.emails.find((one) => one.address === address);
  if (own !== undefined) return { id: own.id, account, isSecondFactor };
  if (account.emails.length >= MOST_EMAIL_ADDRESSES) throw new TooManyEmailAddresses();
  const id = newId();
  limitAddresses(unitOfWork, account);
  unitOfWork.insert('email_address', {
    id,
    tenant_id: account.tenantId,
    user_id: account.id,
    address,
    typed,
    created_at: now,
    verified_at: null,
  });
  const added = { id, address, typed, verified: false, enrolledAt: null, owner: null };
  return { id, account: { ...account, emails: [...account.emails, added] }, isSecondFactor };
}

/** Parallel requests add no more than one at a time does. */
function limitAddresses(unitOfWork: UnitOfWork, { id, tenantId }: Account): void {
  unitOfWork.require(async (sql) => {
    await lockUser(sql, id);
    const { count } = await sql
      .selectFrom('email_address')
      .select((it) => it.fn.countAll<string>().as('count'))
      .where('tenant_id', '=', tenantId)
      .where('user_id', '=', id)
      .executeTakeFirstOrThrow();
    if (Number(count) >= MOST_EMAIL_ADDRESSES) throw new TooManyEmailAddresses();
    return true;
  });
}

function maskedOf({ emails }: Account, id: string): string | null {
  const email = emails.find((one) => one.id === id);
  return email === undefined ? null : maskEmail(email.typed);
}
