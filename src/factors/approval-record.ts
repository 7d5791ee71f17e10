// The record of who approved which operation: what the proof signed, and the operation with its arguments. It is kept with the
// audit event, sealed, because arguments can be confidential, and because a digest of them could be guessed.
import { sql as raw } from 'kysely';
import type { Rewrappable } from '../persistence/sealed-column.ts';
import { digest } from '../platform/digest.ts';
import type { KeyRing } from '../platform/key-ring.ts';
import { open, seal } from '../platform/seal.ts';
import type { FactorKind } from '../policy/factor-kind.ts';
import type { FactorData } from './account.ts';

/** What a challenge commits to. */
export interface Commitment {
  /** As `operationDigest` of the package computes it. */
  readonly operationDigest: string;
  /** The id under which the workflow is stored. */
  readonly workflowId: string;
  /** Different for each challenge. */
  readonly nonce: string;
}

export interface ApprovalRecord extends Omit<Commitment, 'operationDigest'> {
  readonly factor: FactorKind;
  readonly tenantId: string;
  readonly userId: string;
  /** What the operation's digest is made of, as `operationText` returns it. */
  readonly operation: string;
  /** What the factor signed, and with which key. Its form depends on the factor. */
  readonly signed: FactorData;
}

/** What was found out about a record. */
export interface ApprovalFindings {
  /** Why it shows nothing. Empty if it holds. */
  readonly problems: readonly string[];
  /** What was signed, and with which key. */
  readonly facts: Readonly<Record<string, string>>;
}

export function commitmentOf({ operation, workflowId, nonce }: ApprovalRecord): Commitment {
  return { operationDigest: digest(operation), workflowId, nonce };
}

export function sealApproval(ring: KeyRing, eventId: string, record: ApprovalRecord): string {
  return seal(ring, placeOf(eventId), JSON.stringify(record));
}

/** @throws {SealBrokenError} when it was altered, or belongs to another event. */
export function openApproval(ring: KeyRing, eventId: string, sealed: string): ApprovalRecord {
  return JSON.parse(open(ring, placeOf(eventId), sealed)) as ApprovalRecord;
}

export const SEALED_APPROVALS: Rewrappable = {
  name: 'approvals in the audit log',
  table: 'audit_event',
  column: 'approval',
  release: 'REWRAP',
  where: () => raw`approval is not null`,
  id: 'id',
  idType: 'uuid',
  reseal: (ring, id, stored) => seal(ring, placeOf(id), open(ring, placeOf(id), stored)),
};

function placeOf(eventId: string): string {
  return `audit_event:${eventId}:approval`;
}
