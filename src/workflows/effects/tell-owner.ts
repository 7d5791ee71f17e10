// Notifies the owner of an address that somebody signed up with it, in the owner's language.
import { addNotice } from '../../delivery/notices.ts';
import { accountOf, type PerformEffect } from './effect.ts';

export const tellOwner: PerformEffect = ({ outbox }, step) => {
  const { unitOfWork, now } = step;
  const { email } = accountOf(step);
  if (email === null || email.owner === null) throw new Error('This address has no owner.');
  const account = { emails: [{ address: email.address, verified: true }], locale: email.owner.locale };
  addNotice(outbox, { account, unitOfWork, now }, { name: 'already-registered' });
  return {};
};
