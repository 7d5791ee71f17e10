// Passkeys in imports and exports. A passkey works only where its RP ID is the same, because the authenticator signs it.
import { z } from 'zod';
import { randomId } from '../../platform/random.ts';
import { MOST_AUTHENTICATORS } from '../../policy/authenticator-limit.ts';
import { FactorKind } from '../../policy/factor-kind.ts';
import { flag, list, optional, recordLabel } from '../record-forms.ts';
import { defineTransfer, importedAuthenticator, listed } from '../transfer.ts';
import { type Credential, identityOf, passkeysAmong, userHandleOf } from './credential.ts';

const factor = FactorKind.PASSKEY;

const base64url = (most: number) =>
  z
    .string()
    .regex(/^[\w-]+$/, 'This must be base64url without padding.')
    .max(Math.ceil((most * 4) / 3), `This can have at most ${most} bytes.`);

const passkey = z.strictObject({
  credentialId: base64url(1023),
  // A map in CBOR, as all COSE keys are.
  publicKey: base64url(1024).refine(
    (it) => ((Buffer.from(it, 'base64url')[0] ?? 0) & 0xe0) === 0xa0,
    'A public key must be a COSE key, as in the attested credential data.',
  ),
  userHandle: optional(base64url(64)),
  counter: z
    .int('This must be a whole number.')
    .min(0, 'This must not be negative.')
    .max(2 ** 32 - 1, 'A counter has 32 bits.')
    .nullish()
    .transform((it) => it ?? 0),
  backupEligible: flag(false),
  backedUp: flag(false),
  verifiesUser: flag(false),
  transports: list(z.string().regex(/^[a-z-]{1,20}$/, 'This is not a transport.'), 10),
  aaguid: optional(z.uuid('This must be a UUID.')),
  label: recordLabel,
});

export const passkeyTransfer = defineTransfer({
  fields: {
    passkeys: {
      type: 'JSON',
      description:
        'The user’s passkeys: a list of objects with a `credentialId` and a `publicKey` (COSE) in base64url, and if known `userHandle`, `counter`, `backupEligible`, `backedUp`, `verifiesUser`, `transports`, `aaguid` and `label`. `verifiesUser` says whether the passkey has verified its user before, so that it may be the only step of a sign-in. Passkeys work only if PASSKEY_RP_ID is the RP ID that they were made for.',
      form: list(passkey, MOST_AUTHENTICATORS),
    },
  },
  brings: ({ passkeys }) => passkeys.length > 0,
  read: ({ passkeys }, owner) => ({
    authenticator: passkeys.map(({ label, userHandle, ...rest }) => {
      const credential: Credential = {
        ...rest,
        userHandle: userHandle ?? userHandleOf({ id: owner.userId }),
      };
      const identity = { tenantId: owner.tenantId, digest: identityOf(credential.credentialId) };
      const made = { id: randomId(), factor, label, secret: '', data: credential, identity };
      return importedAuthenticator(made, owner);
    }),
  }),
  write: ({ authenticators }) =>
    listed(
      'passkeys',
      passkeysAmong(authenticators).map(({ label, credential: { aaguid, ...credential } }) => ({
        ...credential,
        ...(aaguid === null ? {} : { aaguid }),
        ...(label === null ? {} : { label }),
      })),
    ),
});
