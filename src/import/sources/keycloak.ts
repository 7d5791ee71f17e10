// Keycloak: `kc.sh export --realm … --users realm_file`, or its user files, whose `users` have credentials. An OTP app
// is imported if it uses the standard TOTP parameters. Keycloak stores its key as text, not in base32. Any other
// credential type counts as a second factor that cannot be imported, except for the types known not to be one.
import { z } from 'zod';
import { keycloakHash } from '../../factors/password/legacy-hash/keycloak.ts';
import { RecordError } from '../../factors/record-error.ts';
import { readForm } from '../form.ts';
import { base32 } from './base32.ts';
import { otpUri } from './otp-uri.ts';
import { cell, DISABLED, fullName, hashOf, ids, type Source, timeOf } from './source.ts';

const text = z.string().nullish();
const credential = z.object({
  type: z.string(),
  userLabel: text,
  secretData: z.string(),
  credentialData: z.string(),
});
const form = z.object({
  id: text,
  email: text,
  emailVerified: z.boolean().nullish(),
  enabled: z.boolean().nullish(),
  firstName: text,
  lastName: text,
  createdTimestamp: z.number().nullish(),
  serviceAccountClientId: text,
  requiredActions: z.array(z.string()).nullish(),
  credentials: z
    .array(
      z.object({ type: z.string(), temporary: z.boolean().nullish(), value: z.unknown().optional() }).loose(),
    )
    .nullish(),
});

/** Previous passwords, and credentials that replace a password. */
const NO_SECOND_FACTORS = ['password', 'otp', 'password-history', 'kerberos'];

export const keycloak: Source = {
  formats: ['json'],
  columns: null,
  marks: [
    ['createdTimestamp', 'enabled'],
    ['username', 'credentials'],
    ['username', 'requiredActions'],
  ],
  read(entry) {
    const user = readForm(form, entry);
    if (user.serviceAccountClientId != null) return null; // a service account
    if (user.enabled === false) throw new RecordError('enabled', DISABLED);
    const credentials = user.credentials ?? [];
    const password = credentials.findIndex(({ type }) => type === 'password');
    const mustChangePassword =
      user.requiredActions?.includes('UPDATE_PASSWORD') || credentials[password]?.temporary === true;
    return {
      ...ids(user.id),
      name: fullName(user.firstName, user.lastName),
      email: cell(user.email),
      emailVerified: user.emailVerified ?? false,
      passwordHash: password < 0 || mustChangePassword ? null : passwordOf(credentials[password], password),
      mustChangePassword,
      totp: credentials.flatMap((one, at) => (one.type === 'otp' ? [totpOf(readCredential(one, at))] : [])),
      otherSecondFactors: credentials
        .map(({ type }) => type)
        .filter((type) => !NO_SECOND_FACTORS.includes(type)),
      createdAt: timeOf(user.createdTimestamp),
    };
  },
};

type Given = NonNullable<z.output<typeof form>['credentials']>[number];

/** @throws {RecordError} with the path in the list of credentials. */
function readCredential(given: Given, at: number): z.output<typeof credential> {
  try {
    return readForm(credential, given);
  } catch (error) {
    if (!(error instanceof RecordError)) throw error;
    throw new RecordError(`credentials.${at}.${error.refusal.path}`, error.refusal.reason);
  }
}

function passwordOf(given: Given | undefined, at: number): string | null {
  if (given === undefined) return null;
  if (given.value !== undefined) {
    throw new RecordError(
      `credentials.${at}.value`,
      'This is a password in plain text. Keycloak exports never contain one. Remove this credential, and let the user reset the password.',
    );
  }
  const { credentialData, secretData } = readCredential(given, at);
  return hashOf(() => keycloakHash({ credentialData, secretData }));
}

const secretForm = z.object({ value: z.string() });
const otpForm = z.object({
  subType: z.string(),
  digits: z.coerce.string().nullish(),
  period: z.coerce.string().nullish(),
  algorithm: text,
  secretEncoding: text,
});

function totpOf({ secretData, credentialData, userLabel }: z.output<typeof credential>): object {
  const { value } = readForm(secretForm, json(secretData));
  const { subType: type, secretEncoding, ...parts } = readForm(otpForm, json(credentialData));
  const secret = secretEncoding === 'BASE32' ? value : base32(Buffer.from(value));
  return { secret: otpUri({ secret, type, ...parts }), label: cell(userLabel) };
}

function json(content: string): unknown {
  try {
    return JSON.parse(content);
  } catch {
    throw new RecordError(
      'credentials',
      'The data of a Keycloak credential must be a string that contains JSON.',
    );
  }
}
