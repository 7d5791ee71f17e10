// Keycloak: `kc.sh export --realm … --users realm_file`, or its files of users, whose `users` have their credentials. An
// OTP app comes along when it is TOTP as everybody has it; Keycloak keeps its key as text, not in base32.
import { z } from 'zod';
import { keycloakHash } from '../../factors/password/foreign/keycloak.ts';
import { requireUsualTotp, TotpSecretRefused } from '../../factors/totp/given-secret.ts';
import { readForm } from '../form.ts';
import { RecordRefused } from '../refusal.ts';
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
  credentials: z.array(z.object({ type: z.string() }).loose()).nullish(),
});

export const keycloak: Source = {
  formats: ['json'],
  columns: null,
  read(entry) {
    const user = readForm(form, entry);
    if (user.serviceAccountClientId != null) return null; // a program, and no person
    if (user.enabled === false) throw new RecordRefused('enabled', DISABLED);
    const known = (user.credentials ?? [])
      .filter(({ type }) => type === 'password' || type === 'otp')
      .map((one) => readForm(credential, one));
    const password = known.find(({ type }) => type === 'password');
    return {
      ...ids(user.id),
      name: fullName(user.firstName, user.lastName),
      email: cell(user.email),
      emailVerified: user.emailVerified ?? false,
      passwordHash: password === undefined ? null : hashOf(() => keycloakHash(password)),
      totp: known.filter(({ type }) => type === 'otp').map(totpOf),
      createdAt: timeOf(user.createdTimestamp),
    };
  },
};

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
  const otp = readForm(otpForm, json(credentialData));
  try {
    if (otp.subType !== 'totp') throw new TotpSecretRefused('Only TOTP is taken in, no counter-based codes.');
    requireUsualTotp(otp);
  } catch (error) {
    if (error instanceof TotpSecretRefused) throw new RecordRefused('credentials', error.message);
    throw error;
  }
  return { secret: otp.secretEncoding === 'BASE32' ? value : base32(value), label: cell(userLabel) };
}

function json(content: string): unknown {
  try {
    return JSON.parse(content);
  } catch {
    throw new RecordRefused('credentials', 'A credential of Keycloak is JSON within JSON; this one is not.');
  }
}

/** RFC 4648 section 6, without padding. */
function base32(key: string): string {
  const bits = [...Buffer.from(key)].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  return (bits.match(/.{1,5}/g) ?? [])
    .map((five) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'[Number.parseInt(five.padEnd(5, '0'), 2)])
    .join('');
}
