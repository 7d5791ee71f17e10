// The directives, as they are printed in a schema.
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

/** The enums of the schema that the directives' arguments are made of. */
export interface DirectiveEnums {
  readonly FactorKind: GraphQLEnumType;
  readonly StepUpRequire: GraphQLEnumType;
  readonly StepUpBind: GraphQLEnumType;
  readonly Role: GraphQLEnumType;
}

/**
 * Repeatable: of two on one place, both are met.
 * @param prefix goes before each name, for a schema that has another directive of one of these names.
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
        'Refuses the field unless the session holds fresh evidence (RFC 9470). Met when one of the accepted second factors was completed no longer than `maxAge` seconds ago and the session as a whole is AAL2. Refusals: `UNAUTHENTICATED`, `STEP_UP_REQUIRED`, `ENROLLMENT_REQUIRED`.',
      locations: LOCATIONS,
      args: {
        maxAge: {
          type: new GraphQLNonNull(GraphQLInt),
          defaultValue: DEFAULT_MAX_AGE_SECONDS,
          description: 'How old the proof may be, in seconds.',
        },
        accept: {
          type: new GraphQLList(new GraphQLNonNull(FactorKind)),
          description: 'The second factors that will do; null: any.',
        },
        require: {
          type: new GraphQLNonNull(Require),
          defaultValue: StepUpRequire.SECOND_FACTOR,
          description: 'Whether a first factor will do for a user who has no second one.',
        },
        bind: {
          type: new GraphQLNonNull(Bind),
          defaultValue: StepUpBind.SESSION,
          description:
            'Whether the proof must be made for this very operation and its arguments, and is used once.',
        },
        describe: {
          type: GraphQLString,
          description:
            'What a bound proof approves, in words that its user is shown, with arguments: `Pay {amount} to {recipient.name}`.',
        },
      },
    }),
    new GraphQLDirective({
      name: `${prefix}authenticated`,
      isRepeatable: true,
      description: 'Refuses the field unless somebody is signed in. Refusal: `UNAUTHENTICATED`.',
      locations: LOCATIONS,
    }),
    new GraphQLDirective({
      name: `${prefix}requiresRole`,
      isRepeatable: true,
      description:
        'Refuses the field unless the signed-in user has the role. Refusals: `UNAUTHENTICATED`, `FORBIDDEN`.',
      locations: LOCATIONS,
      args: { role: { type: new GraphQLNonNull(Role), description: 'The role.' } },
    }),
  ];
}
