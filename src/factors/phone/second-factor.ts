// The user's own settings: whether a number is a second factor, and whether text messages are allowed at all.
import { addNotice } from '../../delivery/notices.ts';
import type { Outbox } from '../../delivery/outbox.ts';
import { addAudit, byUser } from '../../persistence/audit.ts';
import { UnitOfWork } from '../../persistence/unit-of-work.ts';
import { FactorKind } from '../../policy/factor-kind.ts';
import type { Owner } from '../../sessions/owner.ts';
import { findAccount, lockUser } from '../account.ts';
import { refuseToRemoveOlder } from '../older-factors.ts';
import { voidEvidence } from '../void-evidence.ts';
import { phoneCodeFactor } from './code.ts';
import { PHONE_FACTORS } from './phone.ts';

/** False when the user has no verified number with this id. */
export async function setPhoneSecondFactor(
  { outbox }: { outbox: Outbox },
  { id, enabled }: { id: string; enabled: boolean },
  { em, session, client, now }: Owner,
): Promise<boolean> {
  const { userId, tenantId } = session;
  const account = await findAccount(em, userId);
  const phone = account?.phones.find((one) => one.id === id && one.verified);
  if (phone === undefined) return false;
  if (account === null || phone.secondFactor === enabled) return true;
  if (!enabled) refuseToRemoveOlder(session, account, [phone], now);
  const unitOfWork = new UnitOfWork();
  unitOfWork.require(async (sql) => {
    await lockUser(sql, userId);
    const { numUpdatedRows } = await sql
      .updateTable('phone_number')
      .set({ second_factor: enabled, second_factor_at: enabled ? now : null })
      .where('id', '=', id)
      .where('second_factor', '=', !enabled)
      .executeTakeFirst();
    if (numUpdatedRows !== 1n) return false;
    if (!enabled) await voidEvidence(sql, userId, PHONE_FACTORS);
    return true;
  });
  const type = enabled ? 'phone-second-factor.enabled' : 'phone-second-factor.disabled';
  const factor = FactorKind.PHONE_CODE;
  addAudit(
    unitOfWork,
    { type, tenantId, userId, sessionId: session.id, factor },
    byUser(session, client),
    now,
  );
  addNotice(
    outbox,
    { account, unitOfWork, now },
    { name: enabled ? 'factor-added' : 'factor-removed', factor: phoneCodeFactor.name },
  );
  await unitOfWork.commit(em);
  return true;
}

/**
 * Allows or forbids text messages. Forbidding them also turns off every phone number as a second factor. Allowing them
 * again does not turn it back on.
 */
export async function setSms(
  { outbox }: { outbox: Outbox },
  enabled: boolean,
  { em, session, client, now }: Owner,
): Promise<void> {
  const { userId, tenantId } = session;
  const account = await findAccount(em, userId);
  if (account === null || account.smsOfUser === enabled) return;
  const second = account.phones.filter((one) => one.secondFactor);
  if (!enabled) refuseToRemoveOlder(session, account, second, now, { require: 'STRONGEST_ENROLLED' });
  const unitOfWork = new UnitOfWork();
  unitOfWork.write((sql) => sql.updateTable('user_account').set({ sms: enabled }).where('id', '=', userId));
  if (!enabled) {
    unitOfWork.require(async (sql) => {
      await lockUser(sql, userId);
      await sql
        .updateTable('phone_number')
        .set({ second_factor: false, second_factor_at: null })
        .where('user_id', '=', userId)
        .execute();
      await voidEvidence(sql, userId, PHONE_FACTORS);
      return true;
    });
  }
  const type = enabled ? 'sms.enabled' : 'sms.disabled';
  const factor = FactorKind.PHONE_CODE;
  addAudit(
    unitOfWork,
    { type, tenantId, userId, sessionId: session.id, factor },
    byUser(session, client),
    now,
  );
  const hasNumber = account.phones.some((one) => one.verified);
  if (hasNumber) {
    addNotice(
      outbox,
      { account, unitOfWork, now },
      { name: enabled ? 'factor-added' : 'factor-removed', factor: phoneCodeFactor.name },
    );
  }
  await unitOfWork.commit(em);
}
