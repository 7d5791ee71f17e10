// What a device may see and answer. A device has no session: it signs each question with its key.
import { sql as raw } from 'kysely';
import { type EntityManager, sqlOf } from '../../persistence/orm.ts';
import { CLOCK_TOLERANCE_SECONDS } from '../../policy/device-approval.ts';
import { FactorKind } from '../../policy/factor-kind.ts';
import { dataOf } from './device.ts';
import type { DeviceServices } from './enroll.ts';
import { DeviceClockWrong, DeviceNotRecognized } from './errors.ts';
import { isSignedBy, type PublicKey, signedText } from './signed-text.ts';

const factor = FactorKind.DEVICE_APPROVAL;

/** An enrolled device, whose key was not yet checked against anything. */
export interface EnrolledKey {
  readonly deviceId: string;
  readonly userId: string;
  readonly tenantId: string;
  readonly publicKey: PublicKey;
}

/** A request that waits for its answer. */
export interface ApprovalRequest {
  readonly id: string;
  /** The digest under which its workflow is stored. */
  readonly workflowId: string;
  /** The name of the workflow's chart. */
  readonly workflow: string;
  readonly tenantId: string;
  readonly userId: string;
  /** The number that its holder is shown. Nobody else may know it. */
  readonly number: string;
  /** Changes when the request is replaced by a newer one. */
  readonly codeDigest: string;
  /** The sealed description of the operation. */
  readonly approves: string | null;
  /** The agent of the user that will use the approval. Null if none will. */
  readonly agentName: string | null;
  /** The sealed text that the digest of the operation is made of. */
  readonly operationText: string | null;
  readonly ip: string | null;
  readonly userAgent: string | null;
  readonly requestedAt: Date;
  readonly expiresAt: Date;
}

/** Null if the device does not exist, was removed, or is not confirmed yet. */
export async function findDevice(em: EntityManager, deviceId: string): Promise<EnrolledKey | null> {
  const row = await sqlOf(em)
    .selectFrom('authenticator as a')
    .innerJoin('user_account as u', 'u.id', 'a.user_id')
    .select(['a.id', 'a.user_id', 'a.data', 'u.tenant_id'])
    .where('a.id', '=', deviceId)
    .where('a.factor', '=', factor)
    .where('a.confirmed_at', 'is not', null)
    .executeTakeFirst();
  if (row === undefined) return null;
  const { publicKey } = dataOf({ data: row.data as never });
  if (publicKey === undefined) return null;
  return { deviceId: row.id, userId: row.user_id, tenantId: row.tenant_id, publicKey };
}

export interface SignedQuestion {
  readonly deviceId: string;
  /** Seconds since 1970. */
  readonly time: number;
  readonly signature: string;
}

/** The requests that wait for an answer of this device, newest first. @throws {UserError} */
export async function pendingRequests(
  { approvalServer }: Pick<DeviceServices, 'approvalServer'>,
  { deviceId, time, signature }: SignedQuestion,
  { em, now }: { readonly em: EntityManager; readonly now: Date },
): Promise<ApprovalRequest[]> {
  const device = await findDevice(em, deviceId);
  const text = signedText(approvalServer, { says: 'list', deviceId, time });
  if (device === null || !(await isSignedBy(device.publicKey, signature, text)))
    throw new DeviceNotRecognized();
  if (Math.abs(now.getTime() / 1000 - time) > CLOCK_TOLERANCE_SECONDS) throw new DeviceClockWrong(now);
  return findRequests(em, device, now);
}

/** @param requestId of the only one to find. */
export async function findRequests(
  em: EntityManager,
  { deviceId, userId, tenantId }: EnrolledKey,
  now: Date,
  requestId: string | null = null,
): Promise<ApprovalRequest[]> {
  const rows = await sqlOf(em)
    .selectFrom('challenge as c')
    .innerJoin('workflow as w', 'w.id', 'c.workflow_id')
    .leftJoin('workflow as asked', 'asked.id', 'w.agent_request')
    .leftJoin('session as s', 's.id', 'asked.session_id')
    .select(['c.id', 'c.workflow_id', 'c.data', 'c.code_digest', 'c.ip', 'c.user_agent', 'c.sent_at'])
    .select(['c.expires_at', 'w.chart', 'w.approves', 'w.operation_text', 's.agent_name'])
    .where('w.user_id', '=', userId)
    .where('w.tenant_id', '=', tenantId)
    .where('w.expires_at', '>', now)
    .where(raw`w.snapshot ->> 'status'`, '=', 'active')
    .where('c.factor', '=', factor)
    .where('c.authenticator_id', '=', deviceId)
    .where('c.approved_at', 'is', null)
    .where('c.consumed_at', 'is', null)
    .where('c.expires_at', '>', now)
    .$if(requestId !== null, (query) => query.where('c.id', '=', requestId))
    .orderBy('c.sent_at', 'desc')
    .execute();
  return rows.map((row) => ({
    id: row.id,
    workflowId: row.workflow_id,
    workflow: row.chart,
    tenantId,
    userId,
    number: (row.data as { readonly number: string }).number,
    codeDigest: row.code_digest,
    approves: row.approves,
    agentName: row.agent_name,
    operationText: row.operation_text,
    ip: row.ip,
    userAgent: row.user_agent,
    requestedAt: row.sent_at,
    expiresAt: row.expires_at,
  }));
}
