// The browsers on which a user does not have to prove a second factor at sign-in. Each is a known device on which a second
// factor was proved, with the wish to remember it. A new password, a removed second factor and a session that is ended
// from elsewhere end it.
import { addAudit, byUser } from '../persistence/audit.ts';
import { type EntityManager, sqlOf } from '../persistence/orm.ts';
import { Conflict, UnitOfWork } from '../persistence/unit-of-work.ts';
import { isRemembered, rememberedUntil } from '../policy/remembered-browsers.ts';
import { digestOfDevice } from './device.ts';
import { forgetting } from './forget-browsers.ts';
import type { Owner } from './owner.ts';

export interface ListedBrowser {
  readonly id: string;
  readonly ip: string | null;
  readonly userAgent: string | null;
  readonly rememberedAt: Date;
  /** When it is forgotten. */
  readonly expiresAt: Date;
  readonly lastSeenAt: Date;
  readonly isCurrent: boolean;
}

/** Those that count now, newest first. @param deviceToken of the device that asks. */
export async function listRememberedBrowsers(
  em: EntityManager,
  userId: string,
  deviceToken: string | null,
  now: Date,
): Promise<ListedBrowser[]> {
  const rows = await sqlOf(em)
    .selectFrom('known_device as d')
    .innerJoin('user_account as u', 'u.id', 'd.user_id')
    .innerJoin('tenant as t', 't.id', 'u.tenant_id')
    .leftJoin('authenticator as a', (join) =>
      join.onRef('a.user_id', '=', 'u.id').on('a.factor', '=', 'PASSWORD'),
    )
    .select(['d.id', 'd.token_digest', 'd.remembered_at', 'd.remembered_ip', 'd.remembered_user_agent'])
    .select(['d.last_seen_at', 'u.roles', 't.remember_days', 'a.created_at as password_set_at'])
    .where('d.user_id', '=', userId)
    .where('d.remembered_at', 'is not', null)
    .orderBy('d.remembered_at', 'desc')
    .limit(100)
    .execute();
  const current = digestOfDevice(deviceToken);
  return rows.flatMap((row) => {
    const { remembered_at: rememberedAt, remember_days: days, roles, password_set_at: passwordSetAt } = row;
    if (rememberedAt === null || !isRemembered({ rememberedAt, passwordSetAt, days, roles }, now)) return [];
    return {
      id: row.id,
      ip: row.remembered_ip,
      userAgent: row.remembered_user_agent,
      rememberedAt,
      expiresAt: rememberedUntil(rememberedAt, days),
      lastSeenAt: row.last_seen_at,
      isCurrent: row.token_digest === current,
    };
  });
}

/** False when the user has no such browser. */
export async function forgetBrowser(id: string, { em, session, client, now }: Owner): Promise<boolean> {
  const { userId, tenantId, id: sessionId } = session;
  const unitOfWork = new UnitOfWork();
  unitOfWork.requireWrite((sql) => forgetting(sql, userId).where('id', '=', id).returning('id'));
  addAudit(
    unitOfWork,
    { type: 'browser.forgotten', tenantId, userId, sessionId },
    byUser(session, client),
    now,
  );
  try {
    await unitOfWork.commit(em);
    return true;
  } catch (error) {
    if (error instanceof Conflict) return false;
    throw error;
  }
}
