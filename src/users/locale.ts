// Lets users choose the language of their messages.
import type { Locale } from '../delivery/messages/locales.ts';
import { addAudit, byUser } from '../persistence/audit.ts';
import { Settlement } from '../persistence/settlement.ts';
import type { Owner } from '../sessions/owner.ts';

export async function changeLocale(locale: Locale, { em, session, client, now }: Owner): Promise<void> {
  const { userId, tenantId, id: sessionId } = session;
  const settlement = new Settlement();
  settlement.write((sql) => sql.updateTable('user_account').set({ locale }).where('id', '=', userId));
  const entry = { type: 'locale.changed', tenantId, userId, sessionId } as const;
  addAudit(settlement, entry, byUser(session, client), now);
  await settlement.commit(em);
}
