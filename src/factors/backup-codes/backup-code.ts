// Backup codes, which are look-up secrets (NIST SP 800-63B-4 section 3.1.2). A user has ten codes of 80 random bits.
// They are shown once, stored as keyed digests, and accepted once each.
import { sql as raw } from 'kysely';
import type { Sql } from '../../persistence/orm.ts';
import type { Row } from '../../persistence/unit-of-work.ts';
import { matchesKeyedDigest } from '../../platform/digest.ts';
import type { KeyRing } from '../../platform/key-ring.ts';
import { randomBytes, randomId } from '../../platform/random.ts';
import { FactorKind } from '../../policy/factor-kind.ts';
import { enrolledBy } from '../account.ts';
import { type Consume, defineFactor, REJECTED } from '../factor.ts';
import { textProof } from '../proof.ts';
import { ALPHABET, backupCodeDigest, codeValue } from './code-value.ts';
import { backupCodeTransfer } from './transfer.ts';

const CODES = 10;
const CODE_BYTES = 10;
/** When this many codes or fewer are left, the user is notified. */
const FEW = 2;

export const backupCodeFactor = defineFactor({
  kind: FactorKind.BACKUP_CODE,
  description: 'A single-use backup code (NIST SP 800-63B-4 section 3.1.2). Possession.',
  name: { en: 'A set of backup codes', de: 'ein Satz Backup-Codes' },
  proofs: [
    textProof({
      name: 'backupCode',
      description: 'An unused backup code. Case, spaces and hyphens are ignored.',
      maximumLength: 64,
    }),
  ],
  roles: ['SECOND'],
  reaches: null,
  transfer: backupCodeTransfer,
  sealed: [
    {
      name: 'backup codes',
      table: 'backup_code',
      column: 'digest',
      release: 'OWNER',
      waitFor: 'they are used or replaced',
      remedy: 'each until it is used or replaced; use --discard to delete them',
      discardedAs: 'backup-codes.discarded',
      where: () => raw`used_at is null`,
    },
  ],
  create: ({ ring }: { readonly ring: KeyRing }) => ({
    // They replace another second factor, also one that cannot be used right now. On their own they are not offered.
    options: (account) =>
      !enrolledBy(account).includes(FactorKind.BACKUP_CODE)
        ? []
        : [
            {
              factor: FactorKind.BACKUP_CODE,
              authenticatorId: null,
              hint: `${account.backupCodes.length} left`,
              needsPreparing: false,
            },
          ],
    async verify(proof, { account, now }) {
      if (account === null) return REJECTED;
      const value = codeValue(account.id, proof);
      const match = account.backupCodes.find((one) =>
        matchesKeyedDigest(ring, 'backup-code', value, one.digest),
      );
      if (match === undefined) return REJECTED;
      const consume: Consume = (unitOfWork) =>
        unitOfWork.requireWrite((sql) =>
          sql
            .updateTable('backup_code')
            .set({ used_at: now })
            .where('id', '=', match.id)
            .where('used_at', 'is', null)
            .returning('id'),
        );
      const remaining = account.backupCodes.length - 1;
      return {
        accepted: true,
        consume,
        enrolledAt: match.enrolledAt ?? null,
        ...(remaining <= FEW ? { notice: { name: 'backup-codes-low', remaining } } : {}),
      };
    },
  }),
});

export interface NewBackupCodes {
  /** Show them once and do not store them. */
  readonly codes: readonly string[];
  readonly rows: readonly Row<'backup_code'>[];
}

export function newBackupCodes(ring: KeyRing, userId: string, now: Date): NewBackupCodes {
  const codes = Array.from({ length: CODES }, randomCode);
  const rows = codes.map((code) => ({
    id: randomId(),
    user_id: userId,
    digest: backupCodeDigest(ring, userId, code),
    guessable: false,
    created_at: now,
  }));
  return { codes, rows };
}

/**
 * Deletes all codes, used ones too. Call it in a condition of the unit of work, before the statement that inserts new
 * ones.
 */
export async function deleteBackupCodes(sql: Sql, userId: string): Promise<void> {
  await sql.deleteFrom('backup_code').where('user_id', '=', userId).execute();
}

/** `XXXX-XXXX-XXXX-XXXX`: 16 digits of 5 bits. */
function randomCode(): string {
  const bits = BigInt(`0x${randomBytes(CODE_BYTES).toString('hex')}`);
  const digits = Array.from({ length: 16 }, (_, at) => ALPHABET[Number((bits >> BigInt(at * 5)) & 31n)]);
  return digits.join('').replace(/.{4}(?=.)/g, '$&-');
}
