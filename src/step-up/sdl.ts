// The guards of a schema that is written in SDL: `@stepUp`, `@authenticated` and `@requiresRole` are read where they
// stand, on fields, types and interfaces, and put before the resolvers.
import { MapperKind, mapSchema } from '@graphql-tools/utils';
import {
  type ConstDirectiveNode,
  GraphQLInterfaceType,
  GraphQLObjectType,
  type GraphQLSchema,
  valueFromASTUntyped,
} from 'graphql';
import { enforce } from './enforce.ts';
import { annotated, normalised } from './guard.ts';
import type { FindStanding } from './standing.ts';

export { stepUpTypeDefs, type TypeDefinitionOptions } from './type-definitions.ts';

export interface StepUpTransformerOptions<Context> {
  /** Reads who is asking from an operation’s context: synchronous, and the same function that `useStepUp` is given. */
  readonly standing: FindStanding<Context>;
}

/**
 * A transformer of executable schemas. A schema that it has transformed before, or that Pothos has guarded, is left as
 * it is but for guards that are new.
 *
 * @throws {RequirementError} from the transformer, for a guard that nobody could ever pass.
 */
export function stepUpTransformer<Context>({
  standing,
}: StepUpTransformerOptions<Context>): (schema: GraphQLSchema) => GraphQLSchema {
  return (schema) => enforce(withGuards(schema), standing);
}

function withGuards(schema: GraphQLSchema): GraphQLSchema {
  return mapSchema(schema, {
    [MapperKind.OBJECT_TYPE]: (type) => new GraphQLObjectType(guardedIn(type.toConfig(), type.name)),
    [MapperKind.INTERFACE_TYPE]: (type) => new GraphQLInterfaceType(guardedIn(type.toConfig(), type.name)),
    [MapperKind.COMPOSITE_FIELD]: (field, name, type) => guardedIn(field, `${type}.${name}`),
  });
}

interface Element {
  readonly astNode?: Annotated | null | undefined;
  readonly extensionASTNodes?: readonly Annotated[] | null | undefined;
  readonly extensions?: Readonly<Record<string, unknown>> | null | undefined;
}

interface Annotated {
  readonly directives?: readonly ConstDirectiveNode[] | undefined;
}

function guardedIn<Config extends Element>(config: Config, where: string): Config {
  const directives = [config.astNode, ...(config.extensionASTNodes ?? [])].flatMap(
    (node) => node?.directives ?? [],
  );
  return annotated(config, normalised(where, Object.fromEntries(directives.map(argumentsOf))));
}

/** An enum's value by its name, whatever it stands for inside the server. */
function argumentsOf({ name, arguments: given = [] }: ConstDirectiveNode): [string, object] {
  return [
    name.value,
    Object.fromEntries(given.map((one) => [one.name.value, valueFromASTUntyped(one.value)])),
  ];
}
