// The stored rows of workflows, read in one statement with everything that a step needs to decide.
import { type Expression, sql as raw } from 'kysely';
import { type Account, accountJson } from '../../factors/account.ts';
import type { StoredChallenge } from '../../factors/factor-exchange.ts';
import type { Sql } from '../../persistence/orm.ts';
import { run, statement } from '../../persistence/statement.ts';
import { digest } from '../../platform/digest.ts';
import type { LockoutCounter } from '../../policy/lockout.ts';

export interface WorkflowRow {
  readonly id: string;
  readonly chart: string;
  readonly machineVersion: string;
  readonly tenantId: string;
  readonly sessionId: string | null;
  /** The known device that started the workflow. */
  readonly deviceId: string | null;
  readonly subject: string;
  readonly snapshot: object;
  /**
   * The operation that a step-up is bound to: `operation` is its keyed digest, `approves` its sealed description, and
   * `operationText` what its digest is made of, sealed.
   */
  readonly operation: string | null;
  readonly approves: string | null;
  readonly operationText: string | null;
  /** The stored id of an agent's workflow that this step-up approves. */
  readonly agentRequest: string | null;
  readonly revision: number;
  readonly attempts: number;
  readonly maxAttempts: number;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  /** Null for a decoy. */
  readonly account: Account | null;
  readonly challenges: readonly SentChallenge[];
  /** The subject's locks, current and past. */
  readonly locks: readonly Lock[];
  /** The known device that started the workflow, if it still is one. */
  readonly device?: StoredDevice | null;
}

export interface StoredDevice {
  /** The digest of its token. */
  readonly digest: string;
  /** When it was remembered, in ISO 8601. Null if it is not. */
  readonly rememberedAt: string | null;
}

export interface Lock {
  readonly counter: LockoutCounter;
  readonly failures: number;
  /** ISO 8601. */
  readonly lockedUntil: string;
}

export interface SentChallenge extends StoredChallenge {
  readonly hint: string | null;
  /** ISO 8601. */
  readonly approvedAt: string | null;
  /** ISO 8601. */
  readonly sentAt: string;
  readonly timesSent: number;
}

/** The columns of the table itself. */
export const COLUMNS = [
  'id',
  'chart',
  'machine_version',
  'tenant_id',
  'user_id',
  'session_id',
  'device_id',
  'subject',
  'snapshot',
  'operation',
  'approves',
  'operation_text',
  'agent_request',
  'revision',
  'attempts',
  'max_attempts',
  'created_at',
  'expires_at',
] as const;
export const COLUMNS_OF_W = COLUMNS.map((column) => `w.${column}` as const);

/** Whether this has the form of a workflow id. Anything else is not looked up. */
export function isWorkflowId(id: string): boolean {
  return /^[\w-]{43}$/.test(id);
}

/** Reads the current row in one statement. @param bearerId the id that the client has. */
export async function findWorkflow(sql: Sql, bearerId: string): Promise<WorkflowRow | null> {
  return isWorkflowId(bearerId) ? findStoredWorkflow(sql, digest(bearerId)) : null;
}

/** @param id the digest under which it is stored. */
export async function findStoredWorkflow(sql: Sql, id: string): Promise<WorkflowRow | null> {
  const [row] = await run(sql, FIND({ id }));
  return row === undefined ? null : workflowRow(row);
}

const FIND = statement((sql, { id }: { readonly id: string }) =>
  sql
    .selectFrom('workflow as w')
    .select(COLUMNS_OF_W)
    .select((it) =>
      surroundings({ id: it.ref('w.id'), userId: it.ref('w.user_id'), subject: it.ref('w.subject') }),
    )
    .where('w.id', '=', id),
);

/** What is read with the row of the table `w`. */
export function surroundings({
  id,
  userId,
  subject,
}: {
  readonly id: Expression<string>;
  readonly userId: Expression<string | null>;
  readonly subject: Expression<string>;
}) {
  return [
    accountJson(userId).as('account'),
    challengesJson(id).as('challenges'),
    raw<Lock[]>`(
      select coalesce(jsonb_agg(jsonb_build_object(
        'counter', l.counter, 'failures', l.failures, 'lockedUntil', l.locked_until
      )), '[]') from lockout l where l.subject = ${subject} and l.locked_until is not null
    )`.as('locks'),
    raw<StoredDevice | null>`(
      select jsonb_build_object('digest', d.token_digest, 'rememberedAt', d.remembered_at)
      from known_device d where d.id = w.device_id
    )`.as('device'),
  ] as const;
}

function challengesJson(workflowId: Expression<string>) {
  return raw<SentChallenge[]>`(
    select coalesce(jsonb_agg(jsonb_build_object(
      'id', c.id, 'factor', c.factor, 'codeDigest', c.code_digest, 'request', c.data, 'secret', c.secret, 'hint', c.hint, 'sentAt', c.sent_at,
      'timesSent', c.times_sent, 'expiresAt', c.expires_at, 'consumed', c.consumed_at is not null,
      'authenticatorId', c.authenticator_id, 'approved', c.approved_at is not null, 'approvedAt', c.approved_at
    )), '[]') from challenge c where c.workflow_id = ${workflowId}
  )`;
}

export function workflowRow(row: {
  id: string;
  chart: string;
  machine_version: string;
  tenant_id: string;
  session_id: string | null;
  device_id: string | null;
  subject: string;
  snapshot: object;
  operation: string | null;
  approves: string | null;
  operation_text: string | null;
  agent_request: string | null;
  revision: number;
  attempts: number;
  max_attempts: number;
  created_at: Date;
  expires_at: Date;
  account: Account | null;
  challenges: SentChallenge[];
  locks: Lock[];
  device: StoredDevice | null;
}): WorkflowRow {
  return {
    id: row.id,
    chart: row.chart,
    machineVersion: row.machine_version,
    tenantId: row.tenant_id,
    sessionId: row.session_id,
    deviceId: row.device_id,
    subject: row.subject,
    snapshot: row.snapshot,
    operation: row.operation,
    approves: row.approves,
    operationText: row.operation_text,
    agentRequest: row.agent_request,
    revision: row.revision,
    attempts: row.attempts,
    maxAttempts: row.max_attempts,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    account: row.account,
    challenges: row.challenges,
    locks: row.locks,
    device: row.device,
  };
}
