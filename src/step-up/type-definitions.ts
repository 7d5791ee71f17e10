// The definitions of the directives and of their enums, in SDL.
import { GraphQLEnumType, GraphQLSchema, parse, print, printSchema } from 'graphql';
import { FACTOR_KINDS } from '../policy/factor-kind.ts';
import { StepUpBind, StepUpRequire } from '../policy/requirement.ts';
import { type DirectiveEnums, guardDirectives } from './directive.ts';

/** Options of `stepUpTypeDefs`. */
export interface TypeDefinitionOptions {
  /**
   * The name of your schema's enum of roles, for `@requiresRole`. By default an enum `Role` with Stepgate's roles is
   * added.
   */
  readonly role?: string;
  /** Added to the name of each directive, if your schema already has one of that name: `sg_` makes `@sg_stepUp`. */
  readonly prefix?: string;
}

/**
 * The definitions of the directives and their enums. Add them to your schema's: `typeDefs: [stepUpTypeDefs(),
 * typeDefs]`.
 */
export function stepUpTypeDefs({ role, prefix }: TypeDefinitionOptions = {}): string {
  const enums = guardEnums();
  if (role === undefined) return printed(enums, prefix);
  const { definitions, ...document } = parse(printed({ ...enums, Role: enumOf(role, ['ADMIN']) }, prefix));
  const others = definitions.filter((one) => !('name' in one) || one.name?.value !== role);
  return print({ ...document, definitions: others });
}

function printed(enums: DirectiveEnums, prefix?: string): string {
  return printSchema(new GraphQLSchema({ directives: guardDirectives(enums, prefix) }));
}

/** Makes the enum types of the directives' arguments, for a schema that does not have types of these names. */
export function guardEnums(): DirectiveEnums {
  return {
    FactorKind: enumOf('FactorKind', FACTOR_KINDS),
    StepUpRequire: enumOf('StepUpRequire', Object.values(StepUpRequire)),
    StepUpBind: enumOf('StepUpBind', Object.values(StepUpBind)),
    Role: enumOf('Role', ['ADMIN']),
  };
}

function enumOf(name: string, values: readonly string[]): GraphQLEnumType {
  return new GraphQLEnumType({ name, values: Object.fromEntries(values.map((one) => [one, {}])) });
}
