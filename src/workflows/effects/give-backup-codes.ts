// Makes backup codes, with the first second factor and with no other, and shows them in this reply only. Of two factors
// that are proved at the same moment, one waits for the other, sees it, and is undone. Codes that are left over from
// before stood in for nothing, and are replaced.
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
