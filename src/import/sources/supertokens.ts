// SuperTokens: the JSON of its bulk import (`loginMethods`, `totpDevices`), or rows of its table `emailpassword_users`.
// The table has neither verification nor apps; a query can add them as `is_verified` and `totp_devices`. A required
// secondary factor in SuperTokens is a second factor here. Social logins and roles are not imported.
import { z } from 'zod';
import { hashOfPlainText } from '../../factors/password/legacy-hash/plain-text.ts';
import { RecordError } from '../../factors/record-error.ts';
import { readForm } from '../form.ts';
import { otpUri } from './otp-uri.ts';
import { cell, fullName, ids, type Source, timeOf } from './source.ts';

const text = z.string().nullish();
const time = z.union([z.string(), z.number()]).nullish();

const method = z.object({
  email: text,
  phoneNumber: text,
  isVerified: z.boolean().nullish(),
  isPrimary: z.boolean().nullish(),
  passwordHash: text,
  plainTextPassword: text,
  timeJoinedInMSSinceEpoch: time,
});

const device = z.object({ secretKey: z.string(), deviceName: text, period: z.number().nullish() });

/** The part of a user's metadata that belongs to SuperTokens. */
const settings = z.object({ requiredSecondaryFactors: z.array(z.string()).nullish() });

const imported = z.object({
  externalUserId: text,
  userMetadata: z
    .object({ name: text, first_name: text, last_name: text, _supertokens: settings.nullish().catch(null) })
    .nullish()
    .catch(null),
  totpDevices: z.array(device).nullish(),
  loginMethods: z.array(method),
});

const row = z.object({
  user_id: text,
  email: text,
  password_hash: text,
  time_joined: time,
  is_verified: z.union([z.boolean(), z.string()]).nullish(),
  /** A list as in the bulk import, encoded as JSON in a CSV file. */
  totp_devices: z.union([z.string(), z.array(z.unknown())]).nullish(),
});

export const supertokens: Source = {
  formats: ['json', 'csv', 'ndjson'],
  columns: null,
  marks: [['loginMethods'], ['user_id', 'password_hash', 'time_joined']],
  read(entry) {
    return 'loginMethods' in entry ? ofImport(readForm(imported, entry)) : ofRow(readForm(row, entry));
  },
};

function ofImport({ externalUserId, userMetadata, totpDevices, loginMethods }: z.output<typeof imported>) {
  const ordered = loginMethods.toSorted((one, other) => Number(other.isPrimary) - Number(one.isPrimary));
  const withPassword = ordered.find((one) => one.passwordHash != null || one.plainTextPassword != null);
  const withEmail = ordered.filter((one) => one.email != null);
  // All methods belong to one person, so a verified address is preferred even if the password belongs to an unverified
  // one.
  const address =
    (withPassword?.isVerified && withPassword.email != null ? withPassword : null) ??
    withEmail.find((one) => one.isVerified) ??
    withEmail.find((one) => one === withPassword) ??
    withEmail[0];
  const joined = ordered.flatMap((one) => timeOf(one.timeJoinedInMSSinceEpoch) ?? []).toSorted();
  const second = userMetadata?._supertokens?.requiredSecondaryFactors ?? [];
  const hasSecondPhone = second.some((factor) => PHONE_FACTORS.includes(factor));
  const phones = ordered.flatMap(({ phoneNumber, isVerified }) =>
    phoneNumber == null
      ? []
      : [{ number: phoneNumber, verified: isVerified ?? false, secondFactor: hasSecondPhone }],
  );
  const devices = totpDevices ?? [];
  return {
    ...ids(externalUserId),
    name: fullName(userMetadata?.name) ?? fullName(userMetadata?.first_name, userMetadata?.last_name),
    email: address?.email,
    emailVerified: address?.isVerified ?? false,
    phones,
    passwordHash: withPassword === undefined ? null : passwordOf(withPassword),
    totp: devices.map(appOf),
    otherSecondFactors: second.filter(
      (factor) =>
        !(factor === 'totp' && devices.length > 0) && !(PHONE_FACTORS.includes(factor) && phones.length > 0),
    ),
    createdAt: joined[0],
  };
}

const PHONE_FACTORS = ['otp-phone', 'link-phone'];

function passwordOf({ passwordHash, plainTextPassword }: z.output<typeof method>): string | null {
  return passwordHash ?? (plainTextPassword == null ? null : hashOfPlainText(plainTextPassword));
}

function appOf({ secretKey, deviceName, period }: z.output<typeof device>): object {
  return { secret: otpUri({ secret: secretKey, period: period ?? 30 }), label: deviceName };
}

function ofRow(entry: z.output<typeof row>) {
  const { user_id, email, password_hash, time_joined, is_verified, totp_devices } = entry;
  return {
    ...ids(cell(user_id)),
    email: cell(email),
    emailVerified: is_verified === true || /^(true|t|1)$/i.test(String(is_verified)),
    passwordHash: cell(password_hash),
    totp: readForm(z.array(device), listOf(totp_devices)).map(appOf),
    createdAt: timeOf(time_joined),
  };
}

function listOf(devices: z.output<typeof row>['totp_devices']): readonly unknown[] {
  if (devices == null || devices === '') return [];
  if (typeof devices !== 'string') return devices;
  try {
    return JSON.parse(devices);
  } catch {
    throw new RecordError('totp_devices', 'This list is not valid JSON.');
  }
}
