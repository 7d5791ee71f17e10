// Authenticator apps in imports and exports. An app whose parameters are not supported is not an invalid record, but a
// second factor that cannot be imported.
import { z } from 'zod';
import { randomId } from '../../platform/random.ts';
import { MOST_AUTHENTICATORS } from '../../policy/authenticator-limit.ts';
import { FactorKind } from '../../policy/factor-kind.ts';
import { list, recordLabel } from '../record-forms.ts';
import { openSecret, sealSecret } from '../sealed-secret.ts';
import { defineTransfer, importedAuthenticator, listed } from '../transfer.ts';
import { readTotpSecret, TotpSecretError } from './given-secret.ts';

const factor = FactorKind.TOTP;

type TotpSecret =
  | { readonly secret: string; readonly defect: null }
  | { readonly secret: null; readonly defect: string };

const totpSecret = z
  .string()
  .max(1024, 'A TOTP secret can have at most 1024 characters.')
  .transform((it): TotpSecret => {
    try {
      return { secret: readTotpSecret(it), defect: null };
    } catch (error) {
      if (!(error instanceof TotpSecretError)) throw error;
      return { secret: null, defect: error.message };
    }
  });

const totpApp = z
  .strictObject({ secret: totpSecret, label: recordLabel })
  .transform(({ secret, label }) => ({ ...secret, label }));

/** One secret or a list; each a string, or an object with a label. */
const totpApps = z.preprocess(
  (given) =>
    (given == null ? [] : [given].flat()).map((app: unknown) =>
      typeof app === 'string' ? { secret: app } : app,
    ),
  list(totpApp, MOST_AUTHENTICATORS),
);

export const totpTransfer = defineTransfer({
  fields: {
    totp: {
      type: 'StringList',
      description:
        'The secrets of the user’s authenticator apps, in base32 or as `otpauth://` URIs. They must use SHA-1, 6 digits and a period of 30 seconds.',
      form: totpApps,
    },
  },
  brings: ({ totp }) => totp.some((app) => app.secret !== null),
  leftBehind: ({ totp }) =>
    totp.flatMap(({ defect }, at) =>
      defect === null ? [] : [{ path: `totp.${at}.secret`, reason: defect, secondFactor: 'totp' }],
    ),
  read: ({ totp }, owner) => ({
    authenticator: totp.flatMap(({ secret, label }) => {
      if (secret === null) return [];
      const id = randomId();
      return [
        importedAuthenticator({ id, factor, label, secret: sealSecret(owner.ring, id, secret) }, owner),
      ];
    }),
  }),
  write({ authenticators }, ring) {
    const apps = authenticators
      .filter((one) => one.factor === factor && one.confirmed)
      .map(({ id, label, secret: sealed }) => {
        const secret = openSecret(ring, id, sealed);
        return label === null ? { secret } : { secret, label };
      });
    return listed(
      'totp',
      apps.toSorted((one, other) => (one.secret < other.secret ? -1 : 1)),
    );
  },
});
