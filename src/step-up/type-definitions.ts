// The directives, and the enums that their arguments are made of, as a schema that is written in SDL takes them in.
import { GraphQLEnumType, GraphQLSchema, parse, print, printSchema } from 'graphql';
import { FACTOR_KINDS } from '../policy/factor-kind.ts';
import { StepUpBind, StepUpRequire } from '../policy/requirement.ts';
import { type DirectiveEnums, guardDirectives } from './directive.ts';

export interface TypeDefinitionOptions {
  /** The enum of the schema itself that `@requiresRole` takes. Without it there is an enum `Role` with Stepgate's roles. */
  readonly role?: string;
  /** Goes before the name of each directive, for a schema that has another one of the name: `sg_` for `@sg_stepUp`. */
  readonly prefix?: string;
}

/** Beside the schema's own definitions: `typeDefs: [stepUpTypeDefs(), typeDefs]`. */
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

/** For a schema that has none of these names. */
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
