// Creates backup codes with the user's first second factor, and shows them only in this reply. If two factors are
// proved at the same moment, one waits for the other, finds it, and is rolled back. Leftover codes are replaced,
// because there was no factor that they could stand in for.
import { hasSecondFactor, lockUser } from '../../factors/account.ts';
import { deleteBackupCodes, newBackupCodes } from '../../factors/backup-codes/backup-code.ts';
import { FactorKind } from '../../policy/factor-kind.ts';
import { accountOf, type PerformEffect } from './effect.ts';

export const giveBackupCodes: PerformEffect = ({ ring }, step, _params, { added = [], confirmed = [] }) => {
  const { unitOfWork, now } = step;
  const { id } = accountOf(step);
  unitOfWork.require(async (sql) => {
    await lockUser(sql, id);
    if (await hasSecondFactor(sql, id, confirmed)) return false;
    await deleteBackupCodes(sql, id);
    return true;
  });
  const { codes, rows } = newBackupCodes(ring, id, now);
  unitOfWork.insert('backup_code', ...rows);
  return { backupCodes: codes, added: [...added, FactorKind.BACKUP_CODE] };
};
