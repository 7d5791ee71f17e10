// The definitions of the guards' directives, for a schema that uses them and leaves their definition to its server.
import { type DefinitionNode, type DocumentNode, Kind, parse } from 'graphql';
import { stepUpTypeDefs } from '../type-definitions.ts';

/** Where the schema has no enum of its roles, the server knows them. */
const definitions = parse(`${stepUpTypeDefs({ role: 'Role' })} scalar Role`).definitions;

export function isGuardName(name: string): boolean {
  return definitions.some((one) => keyOf(one) === `@${name}`);
}

/** Those that the document lacks. */
export function guardDefinitions(document: DocumentNode): DefinitionNode[] {
  const present = new Set(document.definitions.map(keyOf));
  return definitions.filter((one) => !present.has(keyOf(one)));
}

function keyOf(definition: DefinitionNode): string {
  const name = 'name' in definition ? (definition.name?.value ?? '') : '';
  return definition.kind === Kind.DIRECTIVE_DEFINITION ? `@${name}` : name;
}
