// The address was proved, but it belongs to an account already: its owner hears of it, in their own language.
import { addNotice } from '../../delivery/notices.ts';
import { accountOf, type PerformEffect } from './effect.ts';

export const tellOwner: PerformEffect = ({ outbox }, step) => {
  const { unitOfWork, now } = step;
  const { email } = accountOf(step);
  if (email === null || email.owner === null) throw new Error('Nobody owns this address.');
  const account = { email: { address: email.address, verified: true }, locale: email.owner.locale };
  addNotice(outbox, { account, unitOfWork, now }, { name: 'already-registered' });
  return {};
};
