// The events of all charts. Only our code creates them: a client's input never names one.
import type { Evidence } from '../policy/evidence.ts';
import type { FactorKind } from '../policy/factor-kind.ts';
import type { AvailableFactors } from '../policy/required-factors.ts';

/** An identity at a provider, and the provider. */
export interface PendingLink {
  readonly identityId: string;
  readonly providerId: string;
  /** The domain by which it is linked, and the configuration of its provider. Null: by none. */
  readonly capture?: { readonly domainId: string; readonly digest: string } | null;
}

/** Events carry the factors that the user can prove now, which may have changed since the workflow began. */
export type WorkflowEvent =
  /** The client requests a challenge. `authenticatorId` selects a phone number if the user may have several. */
  | ({
      readonly type: 'PREPARE';
      readonly factor: FactorKind;
      readonly authenticatorId: string | null;
    } & AvailableFactors)
  /**
   * A proof was accepted. Before the proof is checked, the chart is asked whether it can take this event.
   * `addressTaken`: another user has verified the user's address.
   */
  | ({
      readonly type: 'PROVE';
      readonly evidence: Evidence;
      readonly addressTaken?: boolean;
      /** An identity at a provider that is not the user’s yet. It becomes theirs when nothing more is to be proved. */
      readonly links?: PendingLink | null;
      /** Whether the browser is remembered, so that a sign-in takes no second step. */
      readonly remembered?: boolean;
    } & AvailableFactors)
  /** The user chose a new password that meets the policy. */
  | ({ readonly type: 'CHOOSE_PASSWORD' } & AvailableFactors)
  /** The last attempt was spent on an incorrect proof, or the user rejected the request on their device. */
  | { readonly type: 'EXHAUST' }
  /** The user has approved the request of an agent, with a proof of their own. */
  | { readonly type: 'APPROVE' }
  /** The deadline has passed. */
  | { readonly type: 'EXPIRE' };
