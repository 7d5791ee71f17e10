// The events of every chart. They come from our code, one for each thing that can happen; a client's input never
// names one.
import type { Evidence } from '../policy/evidence.ts';
import type { FactorKind } from '../policy/factor-kind.ts';

export type WorkflowEvent =
  /** The client asks for a challenge. `enrolled`: the user's second factors now, not when the workflow began. */
  | { readonly type: 'PREPARE'; readonly factor: FactorKind; readonly enrolled: readonly FactorKind[] }
  /** A proof was accepted. Also asked beforehand, whether it could be taken at all. */
  | { readonly type: 'PROVE'; readonly evidence: Evidence; readonly enrolled: readonly FactorKind[] }
  /** The last attempt was spent on a wrong proof. */
  | { readonly type: 'EXHAUST' }
  /** The deadline has passed. */
  | { readonly type: 'EXPIRE' };
