// The answer of a user's device to a request. An approval lets the holder of the workflow continue; a rejection ends the
// workflow. The first answer counts, and the number can be tried once.
import { DEFAULT_LOCALE } from '../../delivery/messages/locales.ts';
import { addNotice } from '../../delivery/notices.ts';
import { sealApproval } from '../../factors/approval-record.ts';
import type { SignedApproval } from '../../factors/device-approval/approval.ts';
import type { Asking } from '../../factors/device-approval/enroll.ts';
import {
  ApprovalRequestExpired,
  DeviceNotRecognized,
  NumberIncorrect,
} from '../../factors/device-approval/errors.ts';
import {
  countAnswered,
  countRejection,
  forgetRejections,
  rejectionsOf,
} from '../../factors/device-approval/limits.ts';
import {
  type ApprovalRequest,
  type EnrolledKey,
  findDevice,
  findRequests,
} from '../../factors/device-approval/requests.ts';
import { isSignedBy, signedText } from '../../factors/device-approval/signed-text.ts';
import { addAudit, byAnonymous } from '../../persistence/audit.ts';
import type { AuditType } from '../../persistence/audit-type.ts';
import { sqlOf } from '../../persistence/orm.ts';
import { UnitOfWork } from '../../persistence/unit-of-work.ts';
import { digest } from '../../platform/digest.ts';
import { UserError } from '../../platform/user-error.ts';
import { isPausedAfter, PAUSE_SECONDS } from '../../policy/device-approval.ts';
import { FactorKind } from '../../policy/factor-kind.ts';
import { openOperation } from '../approves.ts';
import type { Caller } from '../caller.ts';
import { audit } from './audit.ts';
import { stepOf } from './open-step.ts';
import { findStoredWorkflow } from './row.ts';
import { runningOf } from './running.ts';
import type { StepServices } from './services.ts';
import { advance, type Step, take } from './step.ts';

const factor = FactorKind.DEVICE_APPROVAL;

export type ApprovalDecision = 'APPROVE' | 'REJECT';

export interface ApprovalAnswer {
  readonly deviceId: string;
  readonly requestId: string;
  readonly decision: ApprovalDecision;
  /** The number that the user typed. Empty in a rejection. */
  readonly number: string;
  readonly signature: string;
}

/** A decision that can be written. */
interface Decided extends Asking {
  readonly device: EnrolledKey;
  readonly request: ApprovalRequest;
  /** The text of the operation that it approves. Null when there is none, or when it is not recorded. */
  readonly operation: string | null;
  /** For the audit log. */
  readonly signed: SignedApproval;
}

export async function answerApproval(
  services: StepServices,
  server: string,
  answer: ApprovalAnswer,
  asking: Asking,
): Promise<void> {
  const { em, now } = asking;
  const { deviceId, requestId, decision, number, signature } = answer;
  const device = await findDevice(em, deviceId);
  if (device === null) throw new DeviceNotRecognized();
  const [request] = await findRequests(em, device, now, requestId);
  if (request === undefined) throw new ApprovalRequestExpired();
  const { workflowId, operationText } = request;
  const operation = openOperation(services.ring, workflowId, operationText);
  const text = signedText(server, {
    says: 'answer',
    deviceId,
    requestId,
    workflowDigest: workflowId,
    decision,
    number,
    operationDigest: operation && digest(operation),
  });
  if (!(await isSignedBy(device.publicKey, signature, text))) throw new DeviceNotRecognized();
  const signed = { text, signature, publicKey: device.publicKey };
  const decided = { ...asking, device, request, operation, signed };
  if (decision === 'REJECT') return reject(services, decided);
  if (number !== request.number) {
    await endUnapproved(decided);
    throw new NumberIncorrect();
  }
  await approve(services, decided);
}

async function approve(services: StepServices, decided: Decided): Promise<void> {
  const { em, request, now, changes } = decided;
  const unitOfWork = new UnitOfWork();
  unitOfWork.require(async (sql) => {
    await countAnswered(sql, userOf(request), now);
    await forgetRejections(sql, userOf(request));
    return true;
  });
  decide(unitOfWork, decided, { approved_at: now });
  auditAnswer(unitOfWork, decided, 'approval.approved', recordOf(services, decided));
  await unitOfWork.commit(em);
  changes.workflowChanged(request.workflowId);
}

/** The request stays counted as unanswered, so that nobody can have a number guessed more often than that allows. */
async function endUnapproved(decided: Decided): Promise<void> {
  const unitOfWork = new UnitOfWork();
  decide(unitOfWork, decided, { consumed_at: decided.now });
  auditAnswer(unitOfWork, decided, 'approval.number-incorrect');
  await unitOfWork.commit(decided.em);
  decided.changes.workflowChanged(decided.request.workflowId);
}

async function reject(services: StepServices, decided: Decided): Promise<void> {
  const { em, request, now, changes } = decided;
  const user = userOf(request);
  const step = await stepOfRequest(services, decided);
  const { unitOfWork } = step;
  const rejections = (await rejectionsOf(sqlOf(em), user, now)) + 1;
  unitOfWork.require(async (sql) => {
    await countAnswered(sql, user, now);
    await countRejection(sql, user, now);
    return true;
  });
  decide(unitOfWork, decided, { consumed_at: now });
  const [next] = take(step, { type: 'EXHAUST' });
  advance(step, next);
  auditAnswer(unitOfWork, decided, 'approval.rejected');
  audit(step, 'failed', { factor });
  const minutes = isPausedAfter(rejections) ? PAUSE_SECONDS / 60 : null;
  const { ip, userAgent, requestedAt: at } = request;
  addNotice(services.outbox, step, { name: 'approval-rejected', minutes, ip, userAgent, at });
  await unitOfWork.commit(em);
  changes.workflowChanged(request.workflowId);
}

/** The step of the workflow, as its holder would take it. The device does not hold the workflow, and needs no session. */
async function stepOfRequest(services: StepServices, { em, client, request, now }: Decided): Promise<Step> {
  const row = await findStoredWorkflow(sqlOf(em), request.workflowId);
  const locale = row?.account?.locale ?? DEFAULT_LOCALE;
  const caller: Caller = {
    em,
    client,
    locale,
    deviceToken: null,
    session: null,
    tokenFault: null,
    browser: null,
    presentedCertificate: () => null,
  };
  try {
    return stepOf(services, runningOf(row && { ...row, sessionId: null }, caller, now), {
      id: '',
      caller,
      now,
    });
  } catch (error) {
    throw error instanceof UserError ? new ApprovalRequestExpired() : error;
  }
}

function userOf({ userId, tenantId }: ApprovalRequest): { readonly id: string; readonly tenantId: string } {
  return { id: userId, tenantId };
}

/** Takes effect only if nothing else has: no other answer, no newer request. */
function decide(
  unitOfWork: UnitOfWork,
  { request: { id, codeDigest }, device: { deviceId } }: Decided,
  decision: { approved_at: Date } | { consumed_at: Date },
): void {
  unitOfWork.requireWrite((sql) =>
    sql
      .updateTable('challenge')
      .set(decision)
      .where('id', '=', id)
      .where('code_digest', '=', codeDigest)
      .where('approved_at', 'is', null)
      .where('consumed_at', 'is', null)
      .where((it) =>
        it.exists(
          it
            .selectFrom('authenticator')
            .select('authenticator.id')
            .where('authenticator.id', '=', deviceId)
            .where('authenticator.confirmed_at', 'is not', null),
        ),
      )
      .returning('id'),
  );
}

/** What shows later that the device approved this operation. */
function recordOf(
  { ring }: StepServices,
  { request, operation, signed }: Decided,
): ((eventId: string) => string) | null {
  if (operation === null) return null;
  const { id: nonce, workflowId, tenantId, userId } = request;
  const record = { factor, tenantId, userId, operation, workflowId, nonce, signed: { ...signed } };
  return (eventId) => sealApproval(ring, eventId, record);
}

function auditAnswer(
  unitOfWork: UnitOfWork,
  { request: { tenantId, userId }, client, now }: Decided,
  type: AuditType,
  approval: ((eventId: string) => string) | null = null,
): void {
  addAudit(
    unitOfWork,
    { type, tenantId, userId, sessionId: null, factor, approval },
    byAnonymous(client),
    now,
  );
}
