// The guards of a schema that is written in SDL: `@stepUp`, `@authenticated` and `@requiresRole` are read where they
// stand, on fields, types and interfaces, and put before the resolvers.
import { MapperKind, mapSchema } from '@graphql-tools/utils';
import { GraphQLInterfaceType, GraphQLObjectType, type GraphQLSchema } from 'graphql';
import { enforce } from './enforce.ts';
import { type GuardNames, namesInSchema } from './guard-names.ts';
import type { FindStanding } from './standing.ts';
import { annotated, guardsWrittenInSdl, type SchemaElement } from './written-guards.ts';

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
  const names = namesInSchema(schema);
  return mapSchema(schema, {
    [MapperKind.OBJECT_TYPE]: (type) => new GraphQLObjectType(guardedIn(type.toConfig(), type.name, names)),
    [MapperKind.INTERFACE_TYPE]: (type) =>
      new GraphQLInterfaceType(guardedIn(type.toConfig(), type.name, names)),
    [MapperKind.COMPOSITE_FIELD]: (field, name, type) => guardedIn(field, `${type}.${name}`, names),
  });
}

/** Where other libraries look for directives, with the defaults filled in. */
function guardedIn<Config extends SchemaElement>(config: Config, where: string, names: GuardNames): Config {
  return annotated(config, guardsWrittenInSdl(config, where, names));
}
