// Sets the password that the user chose in this step.
import { setPassword as changePassword } from '../../factors/password/change.ts';
import { accountOf, type PerformEffect } from './effect.ts';

export const setPassword: PerformEffect = ({ outbox }, step) => {
  const { row, newPassword, unitOfWork, now } = step;
  if (newPassword == null) throw new Error('No password was chosen in this step.');
  const change = { account: accountOf(step), workflowId: row.id, sessionId: null, unitOfWork, now };
  changePassword(outbox, change, newPassword);
  return {};
};
