// The events of every chart. They come from our code, one for each thing that can happen; a client's input never
// names one.
import type { Evidence } from '../policy/evidence.ts';
import type { FactorKind } from '../policy/factor-kind.ts';
import type { AvailableFactors } from '../policy/required-factors.ts';

/** Each step brings along what the user could prove now, which may be more or less than when the workflow began. */
export type WorkflowEvent =
  /** The client asks for a challenge. `authenticatorId`: to which phone number, where there may be several. */
  | ({
      readonly type: 'PREPARE';
      readonly factor: FactorKind;
      readonly authenticatorId: string | null;
    } & AvailableFactors)
  /**
   * A proof was accepted. Also asked beforehand, whether it could be taken at all. `addressTaken`: another user has
   * proved the user's address.
   */
  | ({
      readonly type: 'PROVE';
      readonly evidence: Evidence;
      readonly addressTaken?: boolean;
    } & AvailableFactors)
  /** A new password was chosen, and meets the policy. */
  | ({ readonly type: 'CHOOSE_PASSWORD' } & AvailableFactors)
  /** The last attempt was spent on a wrong proof. */
  | { readonly type: 'EXHAUST' }
  /** The deadline has passed. */
  | { readonly type: 'EXPIRE' };
