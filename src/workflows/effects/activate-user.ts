// Activates the account after the user has verified the address, or enrolled a passkey. If another user verified the
// address first, the whole step is rolled back.
import { accountOf, type PerformEffect } from './effect.ts';

export const activateUser: PerformEffect = (_services, step) => {
  const { unitOfWork, now } = step;
  const { id, email } = accountOf(step);
  unitOfWork.write((sql) => sql.updateTable('user_account').set({ activated_at: now }).where('id', '=', id));
  if (email === null) return {};
  unitOfWork.requireWrite((sql) =>
    sql
      .updateTable('email_address as mine')
      .set({ verified_at: now })
      .where('mine.id', '=', email.id)
      .where((it) =>
        it.not(
          it.exists(
            it
              .selectFrom('email_address as other')
              .select('other.id')
              .whereRef('other.tenant_id', '=', 'mine.tenant_id')
              .whereRef('other.address', '=', 'mine.address')
              .where('other.verified_at', 'is not', null),
          ),
        ),
      )
      .returning('mine.id'),
  );
  return {};
};
