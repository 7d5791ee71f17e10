// Replaces the key that signs access tokens. The new key is published first, signs later, and the old one goes when the last
// token that it signed has expired: no node refuses a token on the way.
import { type AuditActor, addAudit } from '../persistence/audit.ts';
import { DEFAULT_TENANT } from '../persistence/entities/tenant.ts';
import { type EntityManager, type Sql, sqlOf } from '../persistence/orm.ts';
import { Settlement } from '../persistence/settlement.ts';
import { addSeconds } from '../platform/clock.ts';
import type { KeyRing } from '../platform/key-ring.ts';
import { KEY_LEAD_SECONDS, KEY_REST_SECONDS } from '../policy/key-rotation.ts';
import { newSigningKey } from './signing-keys.ts';

export interface SigningKeyTimes {
  readonly kid: string;
  readonly createdAt: Date;
  readonly signsAt: Date;
  /** Null: not planned. */
  readonly retiredAt: Date | null;
}

/** A new key is published already, and has not begun to sign. */
export class RotationUnderWay extends Error {
  override readonly name = 'RotationUnderWay';
  constructor({ kid, signsAt }: SigningKeyTimes) {
    super(`A rotation is under way: key ${kid} begins to sign at ${signsAt.toISOString()}.`);
  }
}

/**
 * @param atOnce for a key that somebody else may have: it retires now, with every access token that it signed. Clients
 * refresh theirs.
 * @returns the keys, newest first. @throws {RotationUnderWay}
 */
export async function rotateSigningKey(
  em: EntityManager,
  { ring, actor, atOnce, now }: { ring: KeyRing; actor: AuditActor; atOnce: boolean; now: Date },
): Promise<SigningKeyTimes[]> {
  const signsAt = atOnce ? now : addSeconds(now, KEY_LEAD_SECONDS);
  const retiredAt = atOnce ? now : addSeconds(signsAt, KEY_REST_SECONDS);
  const fresh = await newSigningKey(ring, now, signsAt);
  const settlement = new Settlement();
  settlement.require(async (sql) => {
    // Of two at the same moment the second one sees what the first one has made.
    await sql.selectFrom('tenant').select('id').where('id', '=', DEFAULT_TENANT).forNoKeyUpdate().execute();
    const waiting = (await listSigningKeys(sql)).find((one) => one.signsAt > now);
    if (waiting !== undefined && !atOnce) throw new RotationUnderWay(waiting);
    // Nothing needs the private half of a key that has retired.
    await sql.deleteFrom('signing_key').where('retired_at', '<=', now).execute();
    await sql
      .updateTable('signing_key')
      .set({ retired_at: retiredAt })
      .where((it) => it.or([it('retired_at', 'is', null), it('retired_at', '>', retiredAt)]))
      .execute();
    return true;
  });
  settlement.insert('signing_key', fresh);
  const entry = {
    type: 'signing-key.rotated',
    tenantId: DEFAULT_TENANT,
    userId: null,
    sessionId: null,
  } as const;
  addAudit(settlement, entry, actor, now);
  await settlement.commit(em);
  return listSigningKeys(sqlOf(em));
}

/** Newest first. */
export async function listSigningKeys(sql: Sql): Promise<SigningKeyTimes[]> {
  const rows = await sql
    .selectFrom('signing_key')
    .select(['kid', 'created_at', 'signs_at', 'retired_at'])
    .orderBy('created_at', 'desc')
    .execute();
  return rows.map(({ kid, created_at: createdAt, signs_at: signsAt, retired_at: retiredAt }) => ({
    kid,
    createdAt,
    signsAt: signsAt ?? createdAt,
    retiredAt,
  }));
}
