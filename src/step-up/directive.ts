// The definitions of the directives, as they appear in a printed schema.
import {
  DirectiveLocation,
  GraphQLDirective,
  type GraphQLEnumType,
  GraphQLInt,
  GraphQLList,
  GraphQLNonNull,
  GraphQLString,
} from 'graphql';
import { DEFAULT_MAX_AGE_SECONDS, StepUpBind, StepUpRequire } from '../policy/requirement.ts';

const LOCATIONS = [DirectiveLocation.FIELD_DEFINITION, DirectiveLocation.OBJECT, DirectiveLocation.INTERFACE];

/** The enum types of the directives' arguments. `guardEnums` makes them for a schema that does not have its own. */
export interface DirectiveEnums {
  readonly FactorKind: GraphQLEnumType;
  readonly StepUpRequire: GraphQLEnumType;
  readonly StepUpBind: GraphQLEnumType;
  readonly Role: GraphQLEnumType;
}

/**
 * Makes the definitions of `@stepUp`, `@authenticated` and `@requiresRole`. They are repeatable: a caller must meet
 * every directive on a field.
 *
 * @param enums the types of the arguments.
 * @param prefix added to each name, for a schema that already has a directive with one of these names.
 */
export function guardDirectives(
  { FactorKind, StepUpRequire: Require, StepUpBind: Bind, Role }: DirectiveEnums,
  prefix = '',
): GraphQLDirective[] {
  return [
    new GraphQLDirective({
      name: `${prefix}stepUp`,
      isRepeatable: true,
      description:
        'Requires a recent second factor (RFC 9470): one of the accepted second factors was completed no more than `maxAge` seconds ago, and the session is AAL2. Error codes: `UNAUTHENTICATED`, `STEP_UP_REQUIRED`, `ENROLLMENT_REQUIRED`.',
      locations: LOCATIONS,
      args: {
        maxAge: {
          type: new GraphQLNonNull(GraphQLInt),
          defaultValue: DEFAULT_MAX_AGE_SECONDS,
          description: 'The maximum age of the proof, in seconds.',
        },
        accept: {
          type: new GraphQLList(new GraphQLNonNull(FactorKind)),
          description: 'The accepted second factors. Null accepts any.',
        },
        require: {
          type: new GraphQLNonNull(Require),
          defaultValue: StepUpRequire.SECOND_FACTOR,
          description: 'Whether a first factor is accepted from a user who has no second factor.',
        },
        bind: {
          type: new GraphQLNonNull(Bind),
          defaultValue: StepUpBind.SESSION,
          description:
            'Whether the proof counts for the whole session, or only once for this operation and its arguments.',
        },
        describe: {
          type: GraphQLString,
          description:
            'What the user is asked to approve, with arguments in braces: `Pay {amount} to {recipient.name}`. Needs `bind: OPERATION`.',
        },
        minFactorAge: {
          type: new GraphQLNonNull(GraphQLInt),
          defaultValue: 0,
          description:
            'The minimum age of the factor, in seconds. A factor that was enrolled more recently does not count.',
        },
      },
    }),
    new GraphQLDirective({
      name: `${prefix}authenticated`,
      isRepeatable: true,
      description: 'Requires a signed-in user. Error code: `UNAUTHENTICATED`.',
      locations: LOCATIONS,
    }),
    new GraphQLDirective({
      name: `${prefix}requiresRole`,
      isRepeatable: true,
      description: 'Requires a signed-in user who has the role. Error codes: `UNAUTHENTICATED`, `FORBIDDEN`.',
      locations: LOCATIONS,
      args: { role: { type: new GraphQLNonNull(Role), description: 'The role that the user must have.' } },
    }),
  ];
}
