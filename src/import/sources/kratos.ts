// Ory Kratos: identities with their credentials, from its admin API or its credentials table. The identity schema decides
// which trait is the address; here it is `email`, or else a verifiable address. TOTP and unused look-up secrets are
// imported. Any other kind of credential counts as a second factor, except for those that start a sign-in.
import { z } from 'zod';
import { RecordError } from '../../factors/record-error.ts';
import { readForm } from '../form.ts';
import { DISABLED, fullName, ids, type Source, timeOf } from './source.ts';

const text = z.string().nullish().catch(null);
/** If in doubt, the code was used. */
const usedAt = z.string().nullish().catch('unreadable');
const address = z.object({ value: z.string(), via: z.string(), verified: z.boolean().nullish() });
const config = z.looseObject({
  hashed_password: z.string().nullish(),
  totp_url: z.string().nullish(),
  recovery_codes: z.array(z.object({ code: z.string(), used_at: usedAt })).nullish(),
  credentials: z.array(z.looseObject({ is_passwordless: z.boolean().nullish() })).nullish(),
});
const form = z.object({
  id: z.string().nullish(),
  state: z.string().nullish(),
  created_at: z.string().nullish(),
  traits: z.looseObject({
    email: text,
    phone: text,
    name: z
      .union([z.string(), z.object({ first: text, last: text })])
      .nullish()
      .catch(null),
  }),
  verifiable_addresses: z.array(address).nullish(),
  credentials: z.record(z.string(), z.object({ config: config.nullish() })).nullish(),
});

type Credentials = NonNullable<z.output<typeof form>['credentials']>;

/** In Kratos these start a sign-in, so they were not second factors. */
const FIRST_FACTORS = [
  'password',
  'oidc',
  'saml',
  'code',
  'passkey',
  'profile',
  'link_recovery',
  'code_recovery',
];

export const kratos: Source = {
  formats: ['json', 'ndjson'],
  columns: null,
  marks: [
    ['traits', 'schema_id'],
    ['traits', 'credentials'],
  ],
  read(entry) {
    const { id, state, created_at, traits, verifiable_addresses, credentials } = readForm(form, entry);
    if (state === 'inactive') throw new RecordError('state', DISABLED);
    const addresses = verifiable_addresses ?? [];
    const isVerified = (value: string): boolean =>
      addresses.some((one) => one.verified && one.value.toLowerCase() === value.toLowerCase());
    const email = traits.email ?? addresses.find(({ via }) => via === 'email')?.value;
    const phone = traits.phone ?? addresses.find(({ via }) => via !== 'email')?.value;
    return {
      ...ids(id),
      name:
        typeof traits.name === 'string'
          ? fullName(traits.name)
          : fullName(traits.name?.first, traits.name?.last),
      email,
      emailVerified: email != null && isVerified(email),
      phones: phone != null && isVerified(phone) ? [{ number: phone }] : [],
      ...proofsOf(credentials ?? {}),
      createdAt: timeOf(created_at),
    };
  },
};

function proofsOf(credentials: Credentials): object {
  const url = credentials['totp']?.config?.totp_url;
  const codes = credentials['lookup_secret']?.config?.recovery_codes;
  const brought = [...(url == null ? [] : ['totp']), ...(codes == null ? [] : ['lookup_secret'])];
  return {
    passwordHash: credentials['password']?.config?.hashed_password || null,
    totp: url == null ? [] : [url],
    backupCodes: (codes ?? []).filter(({ used_at }) => isUnused(used_at)).map(({ code }) => code),
    otherSecondFactors: Object.keys(credentials).filter(
      (kind) => !FIRST_FACTORS.includes(kind) && !brought.includes(kind) && !beginsSignIns(credentials[kind]),
    ),
  };
}

/** Go writes its zero time for an unused code. */
function isUnused(time: z.output<typeof usedAt>): boolean {
  return time == null || time === '' || time.startsWith('0001-');
}

/** Security keys registered for sign-in without a password. */
function beginsSignIns(credential: Credentials[string] | undefined): boolean {
  const keys = credential?.config?.credentials ?? [];
  return keys.length > 0 && keys.every((key) => key.is_passwordless === true);
}
