// What you say about every issuer that has a preset.
import type { StepUpElsewhere } from '../../auth-context.ts';

export interface Audience {
  /** The `aud` claim of the tokens: your API. One of several is enough. */
  readonly audience: string | readonly string[];
  /** How its users step up. Default: what the issuer's `acr` values are. */
  readonly stepUp?: StepUpElsewhere;
}
