// Enrolls a phone number. Its row is written when the enrollment begins, because a chart's snapshot must not contain
// phone numbers. The number counts after the user has entered a code sent to it.
import { sql as raw } from 'kysely';
import { z } from 'zod';
import type { SmsPolicy } from '../../policy/sms.ts';
import type { ChosenAuthenticator, EnrollmentRequest, FactorEnrollment } from '../factor-enrollment.ts';
import { phoneNumber } from '../identifier.ts';
import type { FactorInput } from '../input-field.ts';
import { PhoneNumberNotAllowed, PhoneNumberNotFound, PhoneNumberTaken } from './errors.ts';
import { maskNumber, type ParsedNumber } from './number.ts';

/** A new number, or the id of one of the user's numbers. */
type GivenNumber = {
  readonly phoneNumber: ParsedNumber | null | undefined;
  readonly phoneNumberId: string | null | undefined;
  readonly secondFactor: boolean;
};

export const phoneEnrollmentInput: FactorInput<GivenNumber> = {
  fields: {
    phoneNumber: {
      type: 'String',
      description:
        'For `PHONE_CODE`: a new phone number in international format. It is added to your account when you prove the code that is sent to it.',
      form: phoneNumber.nullish(),
    },
    phoneNumberId: {
      type: 'ID',
      description: 'For `PHONE_CODE`, instead of `phoneNumber`: the id of one of your `phoneNumbers`.',
      form: z.uuid('Enter the id of one of your phone numbers.').nullish(),
    },
    secondFactor: {
      type: 'Boolean',
      defaultValue: true,
      description:
        'For `PHONE_CODE`: whether the number becomes a second factor. If `false`, the number is verified and can identify you when you sign in, but it is not a second factor.',
      form: z
        .boolean()
        .nullish()
        .transform((isSecondFactor) => isSecondFactor ?? true),
    },
  },
  defect: ({ phoneNumber: number, phoneNumberId }) =>
    number != null && phoneNumberId != null
      ? { path: 'phoneNumberId', message: 'Set `phoneNumber` or `phoneNumberId`, not both.' }
      : null,
};

export const phoneEnrollment = ({ countries }: SmsPolicy): FactorEnrollment => ({
  choose: (request) => chooseNumber(request, countries),
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
          ...(isSecondFactor
            ? {
                second_factor: true,
                // One that was a second factor already stays as old as it is.
                second_factor_at: raw<Date>`case when second_factor then second_factor_at else ${now} end`,
              }
            : {}),
        }))
        .where('id', '=', id)
        .executeTakeFirst();
      return numUpdatedRows === 1n;
    });
  },
});

/** The user's number, which is added as unverified if it is new. */
function chooseNumber(
  { account, given, newId, unitOfWork, now }: EnrollmentRequest,
  countries: readonly string[],
): ChosenAuthenticator {
  const { phoneNumber: number, phoneNumberId, secondFactor: isSecondFactor } = given as GivenNumber;
  const own = account.phones.find((one) =>
    phoneNumberId == null ? one.number === number?.number : one.id === phoneNumberId,
  );
  const named = own ?? number;
  if (named == null) throw new PhoneNumberNotFound();
  if (!countries.includes(named.country)) throw new PhoneNumberNotAllowed(countries);
  if (own !== undefined) return { id: own.id, account, isSecondFactor };
  const added = { id: newId(), number: named.number, country: named.country };
  unitOfWork.insert('phone_number', {
    ...added,
    tenant_id: account.tenantId,
    user_id: account.id,
    second_factor: false,
    second_factor_at: null,
    created_at: now,
    verified_at: null,
  });
  const phones = [...account.phones, { ...added, secondFactor: false, verified: false, enrolledAt: null }];
  return { id: added.id, account: { ...account, phones }, isSecondFactor };
}
