// Replaces the backup codes of a user.
import { addNotice } from '../../delivery/notices.ts';
import type { Outbox } from '../../delivery/outbox.ts';
import { addAudit, byUser } from '../../persistence/audit.ts';
import { UnitOfWork } from '../../persistence/unit-of-work.ts';
import type { KeyRing } from '../../platform/key-ring.ts';
import type { Owner } from '../../sessions/owner.ts';
import { findAccount, hasSecondFactor, lockUser } from '../account.ts';
import { refuseToRemoveOlder } from '../older-factors.ts';
import { deleteBackupCodes, newBackupCodes } from './backup-code.ts';

export async function regenerateBackupCodes(
  { ring, outbox }: { ring: KeyRing; outbox: Outbox },
  { em, session, client, now }: Owner,
): Promise<readonly string[]> {
  const { userId, tenantId } = session;
  const account = await findAccount(em, userId);
  if (account !== null) refuseToRemoveOlder(session, account, account.backupCodes, now);
  const { codes, rows } = newBackupCodes(ring, userId, now);
  const unitOfWork = new UnitOfWork();
  // A separate statement, before the inserts: two parallel requests must not leave two sets of codes.
  unitOfWork.require(async (sql) => {
    await lockUser(sql, userId);
    // The last second factor may have been removed meanwhile. Backup codes do not count without one.
    if (!(await hasSecondFactor(sql, userId))) return false;
    await deleteBackupCodes(sql, userId);
    return true;
  });
  unitOfWork.insert('backup_code', ...rows);
  addAudit(
    unitOfWork,
    { type: 'backup-codes.regenerated', tenantId, userId, sessionId: session.id },
    byUser(session, client),
    now,
  );
  addNotice(outbox, { account, unitOfWork, now }, { name: 'backup-codes-regenerated' });
  await unitOfWork.commit(em);
  return codes;
}
