// Backup codes in imports and exports: in plain text from another system, as keyed digests from another Stepgate.
import { keyIdOfDigest } from '../../platform/digest.ts';
import { randomId } from '../../platform/random.ts';
import { FactorKind } from '../../policy/factor-kind.ts';
import { enrolledBy } from '../account.ts';
import { RecordError } from '../record-error.ts';
import { list, text } from '../record-forms.ts';
import { defineTransfer, type ImportedOwner, listed, requireKey } from '../transfer.ts';
import { backupCodeDigest, isGuessable } from './code-value.ts';

const MOST_CODES = 20;

export const backupCodeTransfer = defineTransfer({
  fields: {
    backupCodes: {
      type: 'StringList',
      description: `The user’s unused backup codes, at most ${MOST_CODES}.`,
      form: list(text(64), MOST_CODES),
    },
  },
  // They only replace another second factor. They are useless alone.
  brings: () => false,
  leftBehind: ({ backupCodes }, { hasSecondFactor }) =>
    hasSecondFactor || backupCodes.length === 0
      ? []
      : [
          {
            path: 'backupCodes',
            reason:
              'Imported without backup codes. They only replace another second factor, and this user has none.',
          },
        ],
  read({ backupCodes }, owner) {
    const codes = backupCodes.map((code, at) => readCode(code, `backupCodes.${at}`, owner));
    const digests = codes.map(({ digest }) => digest);
    const twice = digests.findIndex((digest, at) => digests.indexOf(digest) !== at);
    if (twice >= 0) throw new RecordError(`backupCodes.${twice}`, 'This code appears twice.');
    if (!owner.hasSecondFactor) return {};
    const { userId: user_id, createdAt: created_at } = owner;
    return {
      backup_code: codes.map((code) => ({ id: randomId(), user_id, ...code, created_at, used_at: null })),
    };
  },
  write: (account) =>
    listed(
      'backupCodes',
      enrolledBy(account).includes(FactorKind.BACKUP_CODE)
        ? account.backupCodes.map(({ digest }) => digest).toSorted()
        : [],
    ),
});

/** NIST SP 800-63B-4 section 3.1.2 requires at least six digits for a look-up secret. */
const PLAIN_CODE = /^[\p{L}\p{N}](?:[\s\p{Pd}]*[\p{L}\p{N}]){5,}$/u;

function readCode(
  code: string,
  path: string,
  { ring, userId, keepsId }: ImportedOwner,
): { readonly digest: string; readonly guessable: boolean } {
  const keyId = keyIdOfDigest(code);
  if (keyId !== null) {
    requireKey(keyId, ring, path, 'This digest');
    if (!keepsId) {
      throw new RecordError(path, 'A backup code digest is bound to its user. Add the `id` of the user.');
    }
    return { digest: code, guessable: true }; // the length of the code is unknown
  }
  if (PLAIN_CODE.test(code))
    return { digest: backupCodeDigest(ring, userId, code), guessable: isGuessable(code) };
  throw new RecordError(
    path,
    'A backup code must have at least six letters or digits. Besides these, only hyphens and spaces are allowed.',
  );
}
