// Password hashes in imports and exports: our own as they are, and those of other systems.
import type { KeyRing } from '../../platform/key-ring.ts';
import { randomId } from '../../platform/random.ts';
import { FactorKind } from '../../policy/factor-kind.ts';
import { RecordError } from '../record-error.ts';
import { flag, optional, text } from '../record-forms.ts';
import { defineTransfer, importedAuthenticator, requireKey } from '../transfer.ts';
import { LegacyHashError } from './legacy-hash/scheme.ts';
import { readLegacyHash } from './legacy-hash/schemes.ts';
import { isLegacy, openLegacyHash, sealLegacyHash } from './stored-legacy.ts';
import { readOwnHash } from './stored-own.ts';

const factor = FactorKind.PASSWORD;

/** A Stepgate hash with a higher cost was not made by Stepgate, and would keep the server busy for minutes. */
const HIGHEST_OWN_COST = 16;

export const passwordTransfer = defineTransfer({
  fields: {
    passwordHash: {
      type: 'String',
      description:
        'The hash of the user’s password: bcrypt, Argon2, scrypt, PBKDF2 or others, in their usual text formats. It is replaced by a new hash when the user next signs in.',
      form: optional(text(4096).min(1, 'Enter a password hash, or omit this field.')),
    },
    mustChangePassword: {
      type: 'Boolean',
      defaultValue: false,
      description:
        'Whether the other system required the user to choose a new password. If so, the hash is not imported, and the user must reset the password.',
      form: flag(false),
    },
  },
  brings: ({ passwordHash, mustChangePassword }) => passwordHash !== null && !mustChangePassword,
  leftBehind: ({ mustChangePassword }) =>
    mustChangePassword
      ? [
          {
            path: 'passwordHash',
            reason: 'Imported without the password, because it had to be changed. The user must reset it.',
          },
        ]
      : [],
  read({ passwordHash, mustChangePassword }, owner) {
    if (passwordHash === null || mustChangePassword) return {};
    const id = randomId();
    const secret = passwordHash.startsWith('$stepgate-')
      ? ownHash(passwordHash, owner.ring)
      : sealLegacyHash(owner.ring, id, legacyHash(passwordHash, owner.acceptFastHashes));
    return { authenticator: [importedAuthenticator({ id, factor, secret }, owner)] };
  },
  write({ authenticators }, ring) {
    const password = authenticators.find((one) => one.factor === factor);
    if (password === undefined) return {};
    const { id, secret } = password;
    return { passwordHash: isLegacy(secret) ? openLegacyHash(ring, id, secret) : secret };
  },
});

function ownHash(hash: string, ring: KeyRing): string {
  const own = readOwnHash(hash);
  if (own === null || own.cost < 4 || own.cost > HIGHEST_OWN_COST) {
    throw new RecordError('passwordHash', 'This is not a valid Stepgate hash.');
  }
  requireKey(own.keyId, ring, 'passwordHash', 'This hash');
  return hash;
}

function legacyHash(hash: string, acceptFastHashes: boolean): string {
  try {
    const { scheme, text: canonical, isFast } = readLegacyHash(hash);
    if (isFast && !acceptFastHashes) {
      throw new RecordError(
        'passwordHash',
        `${scheme} hashes are fast to guess. To import them anyway, use --accept-fast-hashes, or acceptFastHashes in the API.`,
      );
    }
    return canonical;
  } catch (error) {
    if (error instanceof LegacyHashError) throw new RecordError('passwordHash', error.message);
    throw error;
  }
}
