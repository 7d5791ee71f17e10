// What a client may see of a workflow: its status, and what can be proved now. Each workflow's `view.ts` derives it
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
  NEEDS_APPROVAL: 'NEEDS_APPROVAL',
  COMPLETE: 'COMPLETE',
  FAILED: 'FAILED',
  EXPIRED: 'EXPIRED',
} as const;
export type WorkflowStatus = (typeof WorkflowStatus)[keyof typeof WorkflowStatus];

export interface WorkflowView {
  readonly status: WorkflowStatus;
  readonly proves: Proves;
  /** What to do after the workflow has failed, if starting again would not help. */
  readonly remedy?: WorkflowRemedy;
}

export const WorkflowRemedy = {
  /** The API offers no way around a lost factor, so a person must decide. */
  ADMINISTRATOR: 'ADMINISTRATOR',
  /** The account already exists. */
  SIGN_IN: 'SIGN_IN',
} as const;
export type WorkflowRemedy = (typeof WorkflowRemedy)[keyof typeof WorkflowRemedy];

/** What can be proved now. */
export type Proves =
  | { readonly what: 'NOTHING' }
  /** Only the names of factors. Nothing has been proved yet, so nothing about the account is revealed. */
  | { readonly what: 'ANY_OF'; readonly factors: readonly FactorKind[] }
  /** The same, in a sign-in without an identifier. The proof says who the user is. */
  | {
      readonly what: 'ANYBODYS';
      readonly factors: readonly FactorKind[];
      /** The only identity provider, for users of its domain. */
      readonly providerId?: string | null;
    }
  /** The user's own factors that add a category to this evidence, with hints, without a forgotten password. */
  | {
      readonly what: 'FURTHER';
      readonly evidence: readonly Evidence[];
      readonly forgotPassword: boolean;
    }
  /** The user's own factors that are acceptable, with hints. */
  | { readonly what: 'OWN'; readonly acceptable: Acceptable }
  /** The authenticator that is being enrolled. */
  | {
      readonly what: 'NEW';
      readonly factor: FactorKind;
      readonly authenticatorId: string;
      /** The identity provider, for an identity. */
      readonly providerId?: string | null;
    };

/** What helps a user who has lost the requested factors or whose workflow has failed. Null if nothing special does. */
export function remedyOf({ proves, remedy }: WorkflowView): WorkflowRemedy | null {
  const asksForOwn = proves.what === 'FURTHER' || proves.what === 'OWN';
  return asksForOwn ? WorkflowRemedy.ADMINISTRATOR : (remedy ?? null);
}

/** Whether nothing has been proved yet. */
export function isFirstStep({ what }: Proves): boolean {
  return what === 'ANY_OF' || what === 'ANYBODYS';
}

const NOTHING: Proves = { what: 'NOTHING' };

/** The final states that all charts share. */
export function viewOfEnd(state: string): WorkflowView {
  switch (state) {
    case 'complete':
      return { status: 'COMPLETE', proves: NOTHING };
    case 'failed':
      return { status: 'FAILED', proves: NOTHING };
    // The user has no factor for the next step.
    case 'administrator':
      return { status: 'FAILED', proves: NOTHING, remedy: 'ADMINISTRATOR' };
    default:
      return { status: 'EXPIRED', proves: NOTHING };
  }
}
