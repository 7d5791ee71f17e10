// The email addresses and phone numbers of a user.
import type { EmailAddress, PhoneNumber } from '../../users/contacts.ts';
import { builder } from '../builder.ts';

export const EmailAddressType = builder.objectRef<EmailAddress>('EmailAddress').implement({
  description: 'An email address of a user.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'The id of the email address.' }),
    address: t.exposeString('address', { description: 'The email address as the user typed it.' }),
    primary: t.exposeBoolean('primary', {
      description:
        'Whether it is the primary address, which messages are sent to. `setPrimaryEmailAddress` changes it.',
    }),
    verifiedAt: t.expose('verifiedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When the user proved that they can read its mail. Null if they have not.',
    }),
  }),
});

export const PhoneNumberType = builder.objectRef<PhoneNumber>('PhoneNumber').implement({
  description: 'A phone number of a user.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'The id of the phone number.' }),
    number: t.exposeString('number', {
      description: 'The phone number in E.164 format, for example `+4915112345678`.',
    }),
    secondFactor: t.exposeBoolean('secondFactor', {
      description: 'Whether the number is a second factor. `setPhoneSecondFactor` changes it.',
    }),
    verifiedAt: t.expose('verifiedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When the user proved that they receive its text messages. Null if they have not.',
    }),
  }),
});
