// The definitions of the guards' directives, for a schema that uses them and leaves their definition to its server.
import {
  type DefinitionNode,
  type DocumentNode,
  GraphQLEnumType,
  GraphQLSchema,
  parse,
  printSchema,
} from 'graphql';
import { FACTOR_KINDS } from '../../policy/factor-kind.ts';
import { StepUpRequire } from '../../policy/requirement.ts';
import { guardDirectives } from '../../step-up/directive.ts';

/** `Role` is the team's own: a schema without one has no `@requiresRole`. */
const ROLE = 'Role';

const directives = guardDirectives({
  FactorKind: enumOf('FactorKind', FACTOR_KINDS),
  StepUpRequire: enumOf('StepUpRequire', Object.values(StepUpRequire)),
  Role: enumOf(ROLE, ['NONE']),
});

export function isGuardName(name: string): boolean {
  return directives.some((one) => one.name === name);
}

/** Those that the document lacks. */
export function guardDefinitions({ definitions }: DocumentNode): DefinitionNode[] {
  const present = new Set(definitions.map(keyOf));
  return parse(printSchema(new GraphQLSchema({ directives }))).definitions.filter((one) => {
    if (present.has(keyOf(one)) || keyOf(one) === ROLE) return false;
    return keyOf(one) !== '@requiresRole' || present.has(ROLE);
  });
}

function keyOf(definition: DefinitionNode): string {
  const name = 'name' in definition ? (definition.name?.value ?? '') : '';
  return definition.kind === 'DirectiveDefinition' ? `@${name}` : name;
}

function enumOf(name: string, values: readonly string[]): GraphQLEnumType {
  return new GraphQLEnumType({ name, values: Object.fromEntries(values.map((one) => [one, {}])) });
}
