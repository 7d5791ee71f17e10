// Amazon Cognito: the output of `admin-get-user`, one user per line, or of `list-users`. Neither has password hashes.
// Only `admin-get-user` shows second factors, so those of users from `list-users` are unknown.
import { z } from 'zod';
import { RecordError } from '../../factors/record-error.ts';
import { readForm } from '../form.ts';
import { DISABLED, fullName, ids, type Source, timeOf } from './source.ts';

const attributes = z.array(z.object({ Name: z.string(), Value: z.string().nullish() })).nullish();
const form = z.object({
  Username: z.string().nullish(),
  UserAttributes: attributes,
  Attributes: attributes,
  UserCreateDate: z.union([z.string(), z.number()]).nullish(),
  Enabled: z.boolean().nullish(),
  UserMFASettingList: z.array(z.string()).nullish(),
  MFAOptions: z.array(z.unknown()).nullish(),
});

const SMS = 'SMS_MFA';
/** Stands for the second factors that `list-users` omits. */
const UNKNOWN = 'not shown by list-users';

export const cognito: Source = {
  formats: ['ndjson', 'json'],
  columns: null,
  marks: [
    ['Username', 'Attributes'],
    ['Username', 'UserAttributes'],
  ],
  read(entry) {
    const user = readForm(form, entry);
    if (user.Enabled === false) throw new RecordError('Enabled', DISABLED);
    const given = new Map(
      (user.UserAttributes ?? user.Attributes ?? []).map(({ Name, Value }) => [Name, Value]),
    );
    const number = given.get('phone_number_verified') === 'true' ? given.get('phone_number') : null;
    const settings = user.UserMFASettingList ?? ((user.MFAOptions?.length ?? 0) > 0 ? [SMS] : []);
    const isKnown = user.UserAttributes != null || user.UserMFASettingList != null;
    const isSecond = number != null && settings.includes(SMS);
    return {
      ...ids(given.get('sub') ?? user.Username),
      name: fullName(given.get('name')) ?? fullName(given.get('given_name'), given.get('family_name')),
      email: given.get('email'),
      emailVerified: given.get('email_verified') === 'true',
      phones: number == null ? [] : [{ number, secondFactor: isSecond }],
      otherSecondFactors: isKnown ? settings.filter((setting) => !(setting === SMS && isSecond)) : [UNKNOWN],
      createdAt: timeOf(user.UserCreateDate),
    };
  },
};
