// Adding a phone number. Its row is written when the enrollment begins, because no chart may hold a number; it counts
// once a code that was sent to it has come back.
import { UserError } from '../../platform/user-error.ts';
import type { FactorEnrollment } from '../factor.ts';
import { maskNumber } from './number.ts';

/** Told to somebody who has just proved that they hold the number, and to nobody else. */
export class PhoneNumberTaken extends UserError {
  readonly code = 'PHONE_NUMBER_TAKEN';
  constructor() {
    super('This number belongs to another account. Remove it there first, or ask an administrator.');
  }
}

export const phoneEnrollment: FactorEnrollment = {
  hint({ phones }, id) {
    const phone = phones.find((one) => one.id === id);
    return phone === undefined ? null : maskNumber(phone.number);
  },
  begin: () => null,
  confirm(settlement, { id, isSecondFactor, now }) {
    settlement.require(async (sql) => {
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
