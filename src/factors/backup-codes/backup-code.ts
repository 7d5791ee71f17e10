// Backup codes: look-up secrets (NIST SP 800-63B-4 section 3.1.2). Ten of 80 random bits each, shown once, stored
// as keyed digests, each used once.

import type { Sql } from '../../persistence/orm.ts';
import type { Row } from '../../persistence/settlement.ts';
import { keyedDigest, matchesKeyedDigest } from '../../platform/digest.ts';
import type { KeyRing } from '../../platform/key-ring.ts';
import { randomBytes, randomId } from '../../platform/random.ts';
import { FactorKind } from '../../policy/factor-kind.ts';
import { UNGUESSABLE_BITS } from '../../policy/lockout.ts';
import { enrolledBy } from '../account.ts';
import { type Consume, type Factor, type ProofField, REJECTED } from '../factor.ts';
import { readCode } from '../typed-code.ts';

const CODES = 10;
const CODE_BYTES = 10;
/** So few are left that their user is told. */
const FEW = 2;
/** Crockford's base 32: no I, L, O or U to misread. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

export const BACKUP_CODE_PROOF: ProofField = {
  name: 'backupCode',
  description: 'One of the backup codes that were not used yet. Case, spaces and hyphens are ignored.',
  maximumLength: 64,
};

export function backupCodeFactor(ring: KeyRing): Factor {
  return {
    kind: FactorKind.BACKUP_CODE,
    proofs: [BACKUP_CODE_PROOF],
    roles: ['SECOND'],
    reaches: null,
    needsPreparing: false,
    // They stand in for another second factor, never alone; also for one that cannot be proved just now.
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
      const consume: Consume = async (sql) => {
        const { numUpdatedRows } = await sql
          .updateTable('backup_code')
          .set({ used_at: now })
          .where('id', '=', match.id)
          .where('used_at', 'is', null)
          .executeTakeFirst();
        return numUpdatedRows === 1n;
      };
      const remaining = account.backupCodes.length - 1;
      return {
        accepted: true,
        consume,
        ...(remaining <= FEW ? { notice: { name: 'backup-codes-low', remaining } } : {}),
      };
    },
  };
}

export interface NewBackupCodes {
  /** To be shown once, and then forgotten. */
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

/** The whole set, used codes included. In a condition of a settlement: its own inserts do not see its deletions. */
export async function deleteBackupCodes(sql: Sql, userId: string): Promise<void> {
  await sql.deleteFrom('backup_code').where('user_id', '=', userId).execute();
}

/** As it is stored. */
export function backupCodeDigest(ring: KeyRing, userId: string, code: string): string {
  return keyedDigest(ring, 'backup-code', codeValue(userId, code));
}

/** `XXXX-XXXX-XXXX-XXXX`: 16 digits of 5 bits. */
function randomCode(): string {
  const bits = BigInt(`0x${randomBytes(CODE_BYTES).toString('hex')}`);
  const digits = Array.from({ length: 16 }, (_, at) => ALPHABET[Number((bits >> BigInt(at * 5)) & 31n)]);
  return digits.join('').replace(/.{4}(?=.)/g, '$&-');
}

/** Bound to its user, and as it is read from paper or mended by a phone: O for 0, I or L for 1, any dash. */
function codeValue(userId: string, code: string): string {
  return `${userId}:${symbolsOf(code)}`;
}

/** A code as it is compared. */
function symbolsOf(code: string): string {
  return readCode(code).toUpperCase().replaceAll('O', '0').replaceAll(/[IL]/g, '1');
}

/** Whether a code that others made may be guessed, taking its symbols for random ones of the fewest that they may be. */
export function isGuessable(code: string): boolean {
  const symbols = symbolsOf(code);
  const alphabet = /^\d+$/.test(symbols) ? 10 : /^[\dA-F]+$/.test(symbols) ? 16 : ALPHABET.length;
  return symbols.length * Math.log2(alphabet) < UNGUESSABLE_BITS;
}
