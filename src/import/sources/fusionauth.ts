// FusionAuth: users in the format of its import API, extracted from its database. Authenticator apps, numbers and
// recovery codes are imported. Email codes, and methods without a secret, cannot be.
import { z } from 'zod';
import { fusionAuthHash } from '../../factors/password/legacy-hash/fusionauth.ts';
import { RecordError } from '../../factors/record-error.ts';
import { readForm } from '../form.ts';
import { base32 } from './base32.ts';
import { otpUri } from './otp-uri.ts';
import { cell, DISABLED, fullName, hashOf, ids, type Source, timeOf } from './source.ts';

const text = z.string().nullish();
const method = z.object({
  method: z.string(),
  /** Base64. */
  secret: text,
  mobilePhone: text,
  authenticator: z
    .object({ algorithm: text, codeLength: z.number().nullish(), timeStep: z.number().nullish() })
    .nullish(),
});
type Method = z.output<typeof method>;

const form = z.object({
  id: text,
  email: text,
  verified: z.boolean().nullish(),
  active: z.boolean().nullish(),
  firstName: text,
  lastName: text,
  fullName: text,
  insertInstant: z.number().nullish(),
  password: text,
  salt: text,
  factor: z.number().int().nullish(),
  encryptionScheme: text,
  passwordChangeRequired: z.boolean().nullish(),
  twoFactorEnabled: z.boolean().nullish(),
  twoFactor: z
    .object({ methods: z.array(method).nullish(), recoveryCodes: z.array(z.string()).nullish() })
    .nullish(),
});

export const fusionAuth: Source = {
  formats: ['json', 'ndjson'],
  columns: null,
  marks: [
    ['encryptionScheme'],
    ['insertInstant', 'tenantId'],
    ['twoFactor', 'email'],
    ['passwordChangeRequired', 'active'],
  ],
  read(entry) {
    const user = readForm(form, entry);
    if (user.active === false) throw new RecordError('active', DISABLED);
    const methods = user.twoFactor?.methods ?? [];
    const isOther = (one: Method): boolean => totpOf(one) === null && phoneOf(one) === null;
    return {
      ...ids(user.id),
      name: fullName(user.fullName) ?? fullName(user.firstName, user.lastName),
      email: cell(user.email),
      emailVerified: user.verified ?? false,
      phones: [...new Set(methods.flatMap((one) => phoneOf(one) ?? []))].map((number) => ({
        number,
        secondFactor: true,
      })),
      passwordHash: user.passwordChangeRequired ? null : passwordOf(user),
      mustChangePassword: user.passwordChangeRequired ?? false,
      totp: methods.flatMap((one) => totpOf(one) ?? []),
      backupCodes: user.twoFactor?.recoveryCodes ?? [],
      otherSecondFactors: [
        ...methods.filter(isOther).map((one) => one.method),
        ...(user.twoFactorEnabled && methods.length === 0 ? ['twoFactorEnabled'] : []),
      ],
      createdAt: timeOf(user.insertInstant),
    };
  },
};

function passwordOf({ password, salt, factor, encryptionScheme }: z.output<typeof form>): string | null {
  if (password == null) return null;
  if (encryptionScheme == null) {
    throw new RecordError('encryptionScheme', 'A password requires an `encryptionScheme`.');
  }
  return hashOf(() => fusionAuthHash({ password, salt: salt ?? '', factor: factor ?? 1, encryptionScheme }));
}

function phoneOf({ method: kind, mobilePhone }: Method): string | null {
  return kind === 'sms' ? cell(mobilePhone) : null;
}

function totpOf({ method: kind, secret, authenticator }: Method): string | null {
  if (kind !== 'authenticator' || secret == null) return null;
  return otpUri({
    secret: base32(Buffer.from(secret, 'base64')),
    algorithm: authenticator?.algorithm,
    digits: authenticator?.codeLength,
    period: authenticator?.timeStep,
  });
}
