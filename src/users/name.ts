// Lets users change their own name.
import { addAudit, byUser } from '../persistence/audit.ts';
import { UnitOfWork } from '../persistence/unit-of-work.ts';
import type { Owner } from '../sessions/owner.ts';

/** @param name null removes the name. */
export async function changeName(name: string | null, { em, session, client, now }: Owner): Promise<void> {
  const { userId, tenantId, id: sessionId } = session;
  const unitOfWork = new UnitOfWork();
  unitOfWork.write((sql) => sql.updateTable('user_account').set({ name }).where('id', '=', userId));
  addAudit(unitOfWork, { type: 'name.changed', tenantId, userId, sessionId }, byUser(session, client), now);
  await unitOfWork.commit(em);
}
