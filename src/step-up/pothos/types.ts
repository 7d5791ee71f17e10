// The options that the plugin adds to the builder, to fields and to types.
import type { RequirementOptions } from '../../policy/requirement.ts';
import type { FindAuthContext } from '../auth-context.ts';

/** Options of the plugin: `stepUp` in the options of the builder. */
export interface StepUpPluginOptions<Context> {
  /** Reads who is asking from an operation's context. It must be synchronous. Pass the same function to `useStepUp`. */
  readonly authContext: FindAuthContext<Context>;
  /** The name of your schema's enum of roles, for `@requiresRole`. Default: `Role`. */
  readonly role?: string;
  /**
   * Added to the name of each directive: `sg_` makes `@sg_authenticated`. Set it if your schema already has a directive
   * of one of these names. A subgraph of @pothos/plugin-federation, for example, has Apollo's `@authenticated`.
   */
  readonly prefix?: string;
}

/** The guards of a field, or of every field of a type. A caller must meet all of them. */
export interface GuardOptions<Role> {
  /** `@authenticated`: the caller must be signed in. With @pothos/plugin-federation it also adds Apollo's directive. */
  authenticated?: boolean;
  /** `@requiresRole`: the user must have this role, or every role in a list. */
  requiresRole?: Role | readonly Role[];
  /**
   * `@stepUp`: the session must hold a recent second factor. `true` takes every default. A list must be met in full.
   */
  stepUp?: true | RequirementOptions | readonly RequirementOptions[];
}
