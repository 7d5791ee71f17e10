// Enrolls the device that has opened the scanned address: stores its public key and its Web Push subscription. The
// device counts once the user confirms it where the enrollment began.
import { sql as raw } from 'kysely';
import { addAudit, byAnonymous } from '../../persistence/audit.ts';
import { jsonText } from '../../persistence/jsonb.ts';
import { type EntityManager, sqlOf } from '../../persistence/orm.ts';
import { UnitOfWork } from '../../persistence/unit-of-work.ts';
import type { WorkflowChanges } from '../../persistence/workflow-changes.ts';
import { readTime } from '../../platform/clock.ts';
import { digest } from '../../platform/digest.ts';
import type { KeyRing } from '../../platform/key-ring.ts';
import { FactorKind } from '../../policy/factor-kind.ts';
import type { Client } from '../../sessions/grants.ts';
import { PRIMARY_FIRST } from '../email/addresses-in-sql.ts';
import { openSecret } from '../sealed-secret.ts';
import { type DeviceData, dataOf, type PushSubscription, sealSubscription } from './device.ts';
import { DeviceEnrollmentExpired, DeviceNotRecognized } from './errors.ts';
import { isSignedBy, type PublicKey, signedText } from './signed-text.ts';

const factor = FactorKind.DEVICE_APPROVAL;

export interface Asking {
  readonly em: EntityManager;
  readonly client: Client;
  readonly now: Date;
  /** Wakes the clients that wait for the workflow. */
  readonly changes: WorkflowChanges;
}

export interface DeviceServices {
  readonly ring: KeyRing;
  /** What devices call this server in a signed text: the origin of its address. */
  readonly approvalServer: string;
}

export interface NewDevice {
  /** From the scanned address: the id of the authenticator, a dot, and a secret. */
  readonly token: string;
  readonly publicKey: PublicKey;
  readonly subscription: PushSubscription | null;
  readonly signature: string;
}

export interface EnrolledDevice {
  readonly deviceId: string;
  /** What the user calls the account. */
  readonly account: string;
  readonly label: string | null;
}

export async function enrollDevice(
  { ring, approvalServer }: DeviceServices,
  { token, publicKey, subscription, signature }: NewDevice,
  { em, client, now, changes }: Asking,
): Promise<EnrolledDevice> {
  const unproved = await findUnproved(em, ring, token, now);
  if (unproved === null) throw new DeviceEnrollmentExpired();
  const { id, data, secret: stored, tenantId, userId } = unproved;
  const text = signedText(approvalServer, { says: 'enroll', deviceId: id, token, publicKey, subscription });
  if (!(await isSignedBy(publicKey, signature, text))) throw new DeviceNotRecognized();

  const enrolled: DeviceData = {
    ...data,
    publicKey,
    userAgent: client.userAgent,
    enrolledAt: now.toISOString(),
    subscribed: subscription !== null,
  };
  const secret = sealSubscription(ring, id, subscription);
  const unitOfWork = new UnitOfWork();
  unitOfWork.require(async (sql) => {
    // Of several devices that scan the same address, the first one is enrolled.
    const { numUpdatedRows } = await sql
      .updateTable('authenticator')
      .set({ secret, data: jsonText<object>(enrolled) })
      .where('id', '=', id)
      .where('confirmed_at', 'is', null)
      .where('secret', '=', stored)
      .executeTakeFirst();
    if (numUpdatedRows !== 1n) throw new DeviceEnrollmentExpired();
    return true;
  });
  const entry = { type: 'device.enrolled', tenantId, userId, sessionId: null, factor } as const;
  addAudit(unitOfWork, entry, byAnonymous(client), now);
  await unitOfWork.commit(em);
  if (unproved.workflowId !== null) changes.workflowChanged(unproved.workflowId);
  return { deviceId: id, account: unproved.account ?? '', label: unproved.label };
}

const TOKEN = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.([\w-]{43})$/;

/** Null unless an enrollment waits for this token. */
async function findUnproved(em: EntityManager, ring: KeyRing, token: string, now: Date) {
  const [, id = null, presented = ''] = TOKEN.exec(token) ?? [];
  if (id === null) return null;
  const row = await sqlOf(em)
    .selectFrom('authenticator as a')
    .innerJoin('user_account as u', 'u.id', 'a.user_id')
    .leftJoinLateral(
      (it) =>
        it
          .selectFrom('email_address as e')
          .select(['e.address', 'e.typed'])
          .whereRef('e.user_id', '=', 'u.id')
          .where('e.verified_at', 'is not', null)
          .orderBy(PRIMARY_FIRST)
          .limit(1)
          .as('primary'),
      (join) => join.onTrue(),
    )
    .select([
      'a.id',
      'a.secret',
      'a.data',
      'a.label',
      'a.user_id',
      'u.tenant_id',
      'primary.address',
      'primary.typed',
    ])
    .select((it) =>
      it
        .selectFrom('workflow as w')
        .select('w.id')
        .whereRef('w.user_id', '=', 'u.id')
        .whereRef('w.tenant_id', '=', 'u.tenant_id')
        .where(raw`w.snapshot #>> '{context,newAuthenticatorId}'`, '=', id)
        .limit(1)
        .as('workflow_id'),
    )
    .where('a.id', '=', id)
    .where('a.factor', '=', factor)
    .where('a.confirmed_at', 'is', null)
    .executeTakeFirst();
  if (row === undefined) return null;
  const data = dataOf({ data: row.data as never });
  if (data.publicKey !== undefined || readTime(data.expiresAt) <= now) return null;
  // Digests, so that the time of the comparison says nothing about the token.
  if (digest(openSecret(ring, row.id, row.secret)) !== digest(presented)) return null;
  const { secret, label, user_id: userId, tenant_id: tenantId, workflow_id: workflowId } = row;
  return { id: row.id, secret, data, label, userId, tenantId, workflowId, account: row.typed ?? row.address };
}
