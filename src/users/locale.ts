// Lets users choose the language of their messages.
import type { Locale } from '../delivery/messages/locales.ts';
import { addAudit, byUser } from '../persistence/audit.ts';
import { UnitOfWork } from '../persistence/unit-of-work.ts';
import type { Owner } from '../sessions/owner.ts';

export async function changeLocale(locale: Locale, { em, session, client, now }: Owner): Promise<void> {
  const { userId, tenantId, id: sessionId } = session;
  const unitOfWork = new UnitOfWork();
  unitOfWork.write((sql) => sql.updateTable('user_account').set({ locale }).where('id', '=', userId));
  const entry = { type: 'locale.changed', tenantId, userId, sessionId } as const;
  addAudit(unitOfWork, entry, byUser(session, client), now);
  await unitOfWork.commit(em);
}
