// What the plugin adds to fields and types.
import type { RequirementOptions } from '../../policy/requirement.ts';
import type { FindStanding } from '../standing.ts';

export interface StepUpPluginOptions<Context> {
  /** Reads who is asking from an operation’s context: synchronous, and the same function that `useStepUp` is given. */
  readonly standing: FindStanding<Context>;
  /** The name of the schema's enum that `@requiresRole` takes; `Role` unless said otherwise. */
  readonly role?: string;
}

/** Guards of a field, or of every field of a type. */
export interface GuardOptions<Role> {
  /** `@authenticated`: somebody must be signed in. */
  authenticated?: true;
  /** `@requiresRole`: the user must have this role. */
  requiresRole?: Role;
  /** `@stepUp`: the session must hold fresh evidence. `true` takes the defaults. */
  stepUp?: true | RequirementOptions;
}
