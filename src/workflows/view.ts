// What a client may see of a workflow: its status, and what may be proved now. Each workflow's `view.ts` makes it
// from a snapshot.
import type { Evidence } from '../policy/evidence.ts';
import type { FactorKind } from '../policy/factor-kind.ts';
import type { Acceptable } from '../policy/required-factors.ts';

export const WorkflowStatus = {
  NEEDS_FIRST_FACTOR: 'NEEDS_FIRST_FACTOR',
  NEEDS_SECOND_FACTOR: 'NEEDS_SECOND_FACTOR',
  NEEDS_PROOF: 'NEEDS_PROOF',
  NEEDS_ENROLLMENT: 'NEEDS_ENROLLMENT',
  NEEDS_NEW_PASSWORD: 'NEEDS_NEW_PASSWORD',
  COMPLETE: 'COMPLETE',
  FAILED: 'FAILED',
  EXPIRED: 'EXPIRED',
} as const;
export type WorkflowStatus = (typeof WorkflowStatus)[keyof typeof WorkflowStatus];

export interface WorkflowView {
  readonly status: WorkflowStatus;
  readonly proves: Proves;
  /** What helps, when it has ended without success and starting again would not help. */
  readonly remedy?: WorkflowRemedy;
}

export const WorkflowRemedy = {
  /** Nothing in the API lets anybody pass without what they have lost: a person looks at it. */
  ADMINISTRATOR: 'ADMINISTRATOR',
  /** There is an account already. */
  SIGN_IN: 'SIGN_IN',
} as const;
export type WorkflowRemedy = (typeof WorkflowRemedy)[keyof typeof WorkflowRemedy];

/** What may be proved now. */
export type Proves =
  | { readonly what: 'NOTHING' }
  /** Factors by name alone: nobody has proved anything yet, so nothing is said about the account. */
  | { readonly what: 'ANY_OF'; readonly factors: readonly FactorKind[] }
  /** The user's own factors that add a category to this evidence, with hints; but not a password that was forgotten. */
  | {
      readonly what: 'FURTHER';
      readonly evidence: readonly Evidence[];
      readonly forgotPassword: boolean;
    }
  /** The user's own factors among those that will do, with hints. */
  | { readonly what: 'OWN'; readonly acceptable: Acceptable }
  /** The authenticator that is being enrolled. */
  | { readonly what: 'NEW'; readonly factor: FactorKind; readonly authenticatorId: string };

/** What helps somebody who has lost what the workflow asks for, or for whom it has ended; null when nothing special does. */
export function remedyOf({ proves, remedy }: WorkflowView): WorkflowRemedy | null {
  const asksForOwn = proves.what === 'FURTHER' || proves.what === 'OWN';
  return asksForOwn ? WorkflowRemedy.ADMINISTRATOR : (remedy ?? null);
}

const NOTHING: Proves = { what: 'NOTHING' };

/** The ends that every chart has. */
export function viewOfEnd(state: string): WorkflowView {
  switch (state) {
    case 'complete':
      return { status: 'COMPLETE', proves: NOTHING };
    case 'failed':
      return { status: 'FAILED', proves: NOTHING };
    // Nothing that the user has could be the next step.
    case 'administrator':
      return { status: 'FAILED', proves: NOTHING, remedy: 'ADMINISTRATOR' };
    default:
      return { status: 'EXPIRED', proves: NOTHING };
  }
}
