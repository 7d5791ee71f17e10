// What the visitor of a link can see and do. The token in the link lets them approve the request that it was sent for,
// or reject it.

import { sql as raw } from 'kysely';
import { addAudit, byAnonymous } from '../../persistence/audit.ts';
import type { AuditType } from '../../persistence/audit-type.ts';
import { type EntityManager, sqlOf } from '../../persistence/orm.ts';
import { UnitOfWork } from '../../persistence/unit-of-work.ts';
import type { WorkflowChanges } from '../../persistence/workflow-changes.ts';
import { digest } from '../../platform/digest.ts';
import { UserError } from '../../platform/user-error.ts';
import type { FactorKind } from '../../policy/factor-kind.ts';
import type { Client } from '../../sessions/grants.ts';
import { FACTORS } from '../registry.ts';
import { LINK_PROOFS } from './link.ts';

/** The link is unknown, expired, replaced by a newer one, or used. The error does not reveal which. */
export class LinkExpired extends UserError {
  static readonly brief = 'The link is unknown, expired, already used or replaced by a newer one.';
  static readonly description =
    `${LinkExpired.brief} The error does not say which, so that nobody can test whether a link exists.`;
  readonly code = 'LINK_EXPIRED';
  constructor() {
    super('This link is no longer valid. Go back to where you requested it and request a new one.');
  }
}

export interface LinkRequest {
  readonly challengeId: string;
  readonly workflowId: string;
  readonly factor: FactorKind;
  /** The name of the workflow's chart. */
  readonly workflow: string;
  readonly tenantId: string;
  readonly userId: string | null;
  /** The client that requested the link. */
  readonly ip: string | null;
  readonly userAgent: string | null;
  readonly requestedAt: Date;
  readonly expiresAt: Date;
  readonly approvedAt: Date | null;
}

const LINKS = FACTORS.filter(({ proofs }) => proofs === LINK_PROOFS).map(({ kind }) => kind);

/** The request that this link can approve. Null when the link is not valid. */
export async function findLink(em: EntityManager, token: string, now: Date): Promise<LinkRequest | null> {
  const row = await sqlOf(em)
    .selectFrom('challenge as c')
    .innerJoin('workflow as w', 'w.id', 'c.workflow_id')
    .select([
      'c.id',
      'c.factor',
      'c.workflow_id',
      'c.ip',
      'c.user_agent',
      'c.sent_at',
      'c.expires_at',
      'c.approved_at',
      'w.chart',
      'w.tenant_id',
      'w.user_id',
    ])
    .where('c.code_digest', '=', digest(token))
    .where('c.factor', 'in', LINKS)
    .where('c.consumed_at', 'is', null)
    .where('c.expires_at', '>', now)
    .where('w.expires_at', '>', now)
    // If the workflow has ended, neither approving nor rejecting would have an effect.
    .where(raw`w.snapshot ->> 'status'`, '=', 'active')
    .executeTakeFirst();
  if (row === undefined) return null;
  return {
    challengeId: row.id,
    workflowId: row.workflow_id,
    factor: row.factor,
    workflow: row.chart,
    tenantId: row.tenant_id,
    userId: row.user_id,
    ip: row.ip,
    userAgent: row.user_agent,
    requestedAt: row.sent_at,
    expiresAt: row.expires_at,
    approvedAt: row.approved_at,
  };
}

interface Visitor {
  readonly em: EntityManager;
  readonly client: Client;
  readonly now: Date;
  /** Wakes the clients that wait for the workflow. */
  readonly changes: WorkflowChanges;
}

/** Approves the request, so that the factor counts for its workflow. Approving twice has the same effect as once. */
export async function approveLink(
  token: string,
  { em, client, now, changes }: Visitor,
): Promise<LinkRequest> {
  const found = await validLink(em, token, now);
  if (found.approvedAt !== null) return found;
  const unitOfWork = new UnitOfWork();
  decide(unitOfWork, found, token, { approved_at: now });
  audit(unitOfWork, found, 'link.approved', client, now);
  await unitOfWork.commit(em);
  changes.workflowChanged(found.workflowId);
  return { ...found, approvedAt: now };
}

/** Rejects the request, for a visitor who did not make it. Its workflow ends. */
export async function rejectLink(token: string, { em, client, now, changes }: Visitor): Promise<LinkRequest> {
  const found = await validLink(em, token, now);
  const unitOfWork = new UnitOfWork();
  decide(unitOfWork, found, token, { consumed_at: now });
  unitOfWork.requireWrite((sql) =>
    sql
      .updateTable('workflow')
      .from('challenge')
      // Not `now`: a parallel request may have read its clock earlier, and for it `now` would still be in the future.
      .set((it) => ({ expires_at: it.ref('workflow.created_at'), revision: it('workflow.revision', '+', 1) }))
      .whereRef('workflow.id', '=', 'challenge.workflow_id')
      .where('challenge.id', '=', found.challengeId)
      .where(raw`workflow.snapshot ->> 'status'`, '=', 'active')
      .returning('workflow.id'),
  );
  audit(unitOfWork, found, 'link.rejected', client, now);
  await unitOfWork.commit(em);
  changes.workflowChanged(found.workflowId);
  return { ...found, approvedAt: null };
}

async function validLink(em: EntityManager, token: string, now: Date): Promise<LinkRequest> {
  const found = await findLink(em, token, now);
  if (found === null) throw new LinkExpired();
  return found;
}

/** Takes effect only if the link is still unchanged: not used, and not replaced by a newer one. */
function decide(
  unitOfWork: UnitOfWork,
  { challengeId }: LinkRequest,
  token: string,
  decision: { approved_at: Date } | { consumed_at: Date },
): void {
  unitOfWork.requireWrite((sql) =>
    sql
      .updateTable('challenge')
      .set(decision)
      .where('id', '=', challengeId)
      .where('code_digest', '=', digest(token))
      .where('consumed_at', 'is', null)
      .returning('id'),
  );
}

function audit(unitOfWork: UnitOfWork, found: LinkRequest, type: AuditType, client: Client, now: Date): void {
  const { tenantId, userId, factor } = found;
  addAudit(unitOfWork, { type, tenantId, userId, sessionId: null, factor }, byAnonymous(client), now);
}
