// Rotates the key that signs access tokens. The new key is published before it signs, and the old one is removed after
// the last token it signed has expired, so that no node ever refuses a valid token.

import { type AuditActor, addAudit } from '../persistence/audit.ts';
import { DEFAULT_TENANT } from '../persistence/entities/tenant.ts';
import { type EntityManager, type Sql, sqlOf } from '../persistence/orm.ts';
import { UnitOfWork } from '../persistence/unit-of-work.ts';
import { addSeconds } from '../platform/clock.ts';
import type { KeyRing } from '../platform/key-ring.ts';
import { OperatorError } from '../platform/operator-error.ts';
import { KEY_LEAD_SECONDS, KEY_REST_SECONDS } from '../policy/key-rotation.ts';
import { newSigningKey } from './signing-keys.ts';

export interface SigningKeyTimes {
  readonly kid: string;
  readonly createdAt: Date;
  readonly signsAt: Date;
  /** Null if not planned. */
  readonly retiredAt: Date | null;
}

/** A new key is already published but does not sign yet. */
export class RotationInProgressError extends OperatorError {
  readonly code = 'ROTATION_IN_PROGRESS';
  override readonly exitCode = 1;
  constructor({ kid, signsAt }: SigningKeyTimes) {
    super(`A rotation is already in progress: key ${kid} starts to sign at ${signsAt.toISOString()}.`);
  }
}

/**
 * @param atOnce for a compromised key: it is retired immediately, with all access tokens that it signed. Clients
 * refresh theirs.
 * @returns the keys, newest first. @throws {RotationInProgressError}
 */
export async function rotateSigningKey(
  em: EntityManager,
  { ring, actor, atOnce, now }: { ring: KeyRing; actor: AuditActor; atOnce: boolean; now: Date },
): Promise<SigningKeyTimes[]> {
  const signsAt = atOnce ? now : addSeconds(now, KEY_LEAD_SECONDS);
  const retiredAt = atOnce ? now : addSeconds(signsAt, KEY_REST_SECONDS);
  const fresh = await newSigningKey(ring, now, signsAt);
  const unitOfWork = new UnitOfWork();
  unitOfWork.require(async (sql) => {
    // Serializes concurrent rotations, so that the second one sees the key of the first.
    await sql.selectFrom('tenant').select('id').where('id', '=', DEFAULT_TENANT).forNoKeyUpdate().execute();
    const waiting = (await listSigningKeys(sql)).find((one) => one.signsAt > now);
    if (waiting !== undefined && !atOnce) throw new RotationInProgressError(waiting);
    // The private half of a retired key is no longer needed.
    await sql.deleteFrom('signing_key').where('retired_at', '<=', now).execute();
    await sql
      .updateTable('signing_key')
      .set({ retired_at: retiredAt })
      .where((it) => it.or([it('retired_at', 'is', null), it('retired_at', '>', retiredAt)]))
      .execute();
    return true;
  });
  unitOfWork.insert('signing_key', fresh);
  const entry = {
    type: 'signing-key.rotated',
    tenantId: DEFAULT_TENANT,
    userId: null,
    sessionId: null,
  } as const;
  addAudit(unitOfWork, entry, actor, now);
  await unitOfWork.commit(em);
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
