// The definitions of the guards' directives, for a schema file that uses them without defining them.
import { type DefinitionNode, type DocumentNode, Kind, parse } from 'graphql';
import { stepUpTypeDefs } from '../type-definitions.ts';

/** Any role is accepted if the schema file does not define an enum of roles. */
const definitions = parse(`${stepUpTypeDefs({ role: 'Role' })} scalar Role`).definitions;

export function isGuardName(name: string): boolean {
  return definitions.some((one) => keyOf(one) === `@${name}`);
}

/** The definitions that the document lacks. */
export function guardDefinitions(document: DocumentNode): DefinitionNode[] {
  const present = new Set(document.definitions.map(keyOf));
  return definitions.filter((one) => !present.has(keyOf(one)));
}

function keyOf(definition: DefinitionNode): string {
  const name = 'name' in definition ? (definition.name?.value ?? '') : '';
  return definition.kind === Kind.DIRECTIVE_DEFINITION ? `@${name}` : name;
}
