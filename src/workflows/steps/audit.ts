// Writes the audit log entries of workflow steps.
import { type AuditActor, type AuditEntry, addAudit, byAnonymous, byUser } from '../../persistence/audit.ts';
import type { WorkflowAuditWord } from '../../persistence/audit-type.ts';
import type { FactorKind } from '../../policy/factor-kind.ts';
import { LockedOut, TooManyMessages, TooManyRequests } from '../errors.ts';
import type { StepServices } from './services.ts';
import type { Step } from './step.ts';

interface Details {
  readonly factor?: FactorKind | null;
  /** The session that the step issued or belongs to. */
  readonly sessionId?: string | null;
  /** What shows later that the proof approved an operation. */
  readonly approval?: NonNullable<AuditEntry['approval']> | null;
}

/** Adds an entry to the step's unit of work. */
export function audit(step: Step, word: WorkflowAuditWord, details: Details = {}): void {
  const { subject, actor } = entryOf(step, word, details);
  addAudit(step.unitOfWork, { ...subject, approval: details.approval ?? null }, actor, step.now);
}

/** Runs work that may be refused. Refusals that a flood can cause are counted, and only their sum is written. */
export async function countingRefusals<T>(
  { refusals }: Pick<StepServices, 'refusals'>,
  step: Step,
  factor: FactorKind | null,
  work: () => T | Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const word = wordOf(error);
    if (word !== null) {
      const { subject, actor } = entryOf(step, word, { factor, sessionId: step.row.sessionId });
      refusals.add(subject, actor);
    }
    throw error;
  }
}

function wordOf(error: unknown): WorkflowAuditWord | null {
  if (error instanceof LockedOut) return 'locked-out';
  return error instanceof TooManyRequests || error instanceof TooManyMessages ? 'limited' : null;
}

function entryOf(
  { row, name, account, caller: { client } }: Step,
  word: WorkflowAuditWord,
  { factor = null, sessionId = null }: Details,
) {
  const userId = account?.id ?? null;
  const subject = { type: `${name}.${word}`, tenantId: row.tenantId, userId, sessionId, factor } as const;
  // Outside a session, the caller is not proved to be the user until the workflow completes.
  const isUser = row.sessionId !== null || word === 'complete';
  const actor: AuditActor =
    isUser && account !== null
      ? byUser({ id: row.sessionId ?? sessionId, userId: account.id }, client)
      : byAnonymous(client);
  return { subject, actor };
}
