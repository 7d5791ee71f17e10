// What the plugin adds to fields and types.
import type { RequirementOptions } from '../../policy/requirement.ts';
import type { FindStanding } from '../standing.ts';

export interface StepUpPluginOptions<Context> {
  /** Reads who is asking from an operation’s context: synchronous, and the same function that `useStepUp` is given. */
  readonly standing: FindStanding<Context>;
  /** The name of the schema's enum that `@requiresRole` takes; `Role` unless said otherwise. */
  readonly role?: string;
  /**
   * Goes before the name of each directive: `sg_` for `@sg_authenticated`. For a schema that has another directive of one
   * of these names, as a subgraph of @pothos/plugin-federation has with Apollo's `@authenticated`.
   */
  readonly prefix?: string;
}

/** Guards of a field, or of every field of a type. */
export interface GuardOptions<Role> {
  /** `@authenticated`: somebody must be signed in. With @pothos/plugin-federation it stands for Apollo's directive too. */
  authenticated?: boolean;
  /** `@requiresRole`: the user must have this role. Of several, each. */
  requiresRole?: Role | readonly Role[];
  /** `@stepUp`: the session must hold fresh evidence. `true` takes the defaults. Of several, each is met. */
  stepUp?: true | RequirementOptions | readonly RequirementOptions[];
}
