// Enrolls a phone number. Its row is written when the enrollment begins, because a chart's snapshot must not contain
// phone numbers. The number counts after the user has entered a code sent to it.
import { UserError } from '../../platform/user-error.ts';
import type { FactorEnrollment } from '../factor.ts';
import { maskNumber } from './number.ts';

/** Another account has verified the number. Raised only after the caller has proved that they hold it. */
export class PhoneNumberTaken extends UserError {
  static readonly description = 'The phone number belongs to another account.';
  readonly code = 'PHONE_NUMBER_TAKEN';
  constructor() {
    super(
      'This phone number belongs to another account. Remove it there first, or contact an administrator.',
    );
  }
}

export const phoneEnrollment: FactorEnrollment = {
  hint({ phones }, id) {
    const phone = phones.find((one) => one.id === id);
    return phone === undefined ? null : maskNumber(phone.number);
  },
  begin: () => null,
  confirm(unitOfWork, { id, isSecondFactor, now }) {
    unitOfWork.require(async (sql) => {
      const other = await sql
        .selectFrom('phone_number as mine')
        .innerJoin('phone_number as other', (join) =>
          join.onRef('other.tenant_id', '=', 'mine.tenant_id').onRef('other.number', '=', 'mine.number'),
        )
        .select('other.id')
        .where('mine.id', '=', id)
        .whereRef('other.user_id', '<>', 'mine.user_id')
        .where('other.verified_at', 'is not', null)
        .executeTakeFirst();
      if (other !== undefined) throw new PhoneNumberTaken();
      const { numUpdatedRows } = await sql
        .updateTable('phone_number')
        .set((it) => ({
          verified_at: it.fn.coalesce('verified_at', it.val(now)),
          ...(isSecondFactor ? { second_factor: true } : {}),
        }))
        .where('id', '=', id)
        .executeTakeFirst();
      return numUpdatedRows === 1n;
    });
  },
};
