// SuperTokens: the JSON of its bulk import (`loginMethods`, `totpDevices`), or the rows of its table
// `emailpassword_users`. The rows do not say whether an address was verified; a query can add that as `is_verified`.
// Signing in with a provider, and roles, are left behind.
import { z } from 'zod';
import { readForm } from '../form.ts';
import { cell, fullName, ids, type Source, timeOf } from './source.ts';

const text = z.string().nullish();
const time = z.union([z.string(), z.number()]).nullish();

const method = z.object({
  email: text,
  phoneNumber: text,
  isVerified: z.boolean().nullish(),
  isPrimary: z.boolean().nullish(),
  passwordHash: text,
  timeJoinedInMSSinceEpoch: time,
});

const imported = z.object({
  externalUserId: text,
  userMetadata: z.object({ name: text, first_name: text, last_name: text }).nullish().catch(null),
  totpDevices: z
    .array(z.object({ secretKey: z.string(), deviceName: text, period: z.number().nullish() }))
    .nullish(),
  loginMethods: z.array(method),
});

const row = z.object({
  user_id: text,
  email: text,
  password_hash: text,
  time_joined: time,
  is_verified: z.union([z.boolean(), z.string()]).nullish(),
});

export const supertokens: Source = {
  formats: ['json', 'csv', 'ndjson'],
  columns: null,
  read(entry) {
    return 'loginMethods' in entry ? ofImport(readForm(imported, entry)) : ofRow(readForm(row, entry));
  },
};

function ofImport({ externalUserId, userMetadata, totpDevices, loginMethods }: z.output<typeof imported>) {
  const ordered = loginMethods.toSorted((one, other) => Number(other.isPrimary) - Number(one.isPrimary));
  const withPassword = ordered.find((one) => one.passwordHash != null);
  const withEmail = withPassword?.email == null ? ordered.find((one) => one.email != null) : withPassword;
  const joined = ordered.flatMap((one) => timeOf(one.timeJoinedInMSSinceEpoch) ?? []).toSorted();
  return {
    ...ids(externalUserId),
    name: fullName(userMetadata?.name) ?? fullName(userMetadata?.first_name, userMetadata?.last_name),
    email: withEmail?.email,
    emailVerified: withEmail?.isVerified ?? false,
    phones: ordered.flatMap(({ phoneNumber, isVerified }) =>
      phoneNumber == null ? [] : [{ number: phoneNumber, verified: isVerified ?? false }],
    ),
    passwordHash: withPassword?.passwordHash,
    totp: (totpDevices ?? []).map(({ secretKey, deviceName, period }) => ({
      secret: `otpauth://totp/x?secret=${encodeURIComponent(secretKey)}&period=${period ?? 30}`,
      label: deviceName,
    })),
    createdAt: joined[0],
  };
}

function ofRow({ user_id, email, password_hash, time_joined, is_verified }: z.output<typeof row>) {
  return {
    ...ids(cell(user_id)),
    email: cell(email),
    emailVerified: is_verified === true || /^(true|t|1)$/i.test(String(is_verified)),
    passwordHash: cell(password_hash),
    createdAt: timeOf(time_joined),
  };
}
