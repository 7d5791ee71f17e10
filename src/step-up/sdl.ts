// Guards a schema that is written in SDL. Reads `@stepUp`, `@authenticated` and `@requiresRole` on fields, types and
// interfaces, and puts the guards before the resolvers.
import { MapperKind, mapSchema } from '@graphql-tools/utils';
import { GraphQLInterfaceType, GraphQLObjectType, type GraphQLSchema } from 'graphql';
import type { FindAuthContext } from './auth-context.ts';
import { enforce } from './enforce.ts';
import { type GuardNames, namesInSchema } from './guard-names.ts';
import { annotated, guardsWrittenInSdl, type SchemaElement } from './written-guards.ts';

export { stepUpTypeDefs, type TypeDefinitionOptions } from './type-definitions.ts';

/** Options of `stepUpTransformer`. */
export interface StepUpTransformerOptions<Context> {
  /** Reads who is asking from an operation's context. It must be synchronous. Pass the same function to `useStepUp`. */
  readonly authContext: FindAuthContext<Context>;
}

/**
 * Makes a function that returns a guarded copy of an executable schema. Apply it after all other code that adds or
 * wraps resolvers. You can apply it to a schema that is already guarded: only new guards are added.
 *
 * @throws {RequirementError} from the returned function, when the arguments of a directive are invalid, or when no user
 * could ever meet it.
 */
export function stepUpTransformer<Context>({
  authContext,
}: StepUpTransformerOptions<Context>): (schema: GraphQLSchema) => GraphQLSchema {
  return (schema) => enforce(withGuards(schema), authContext);
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

/** Adds the guards, with their defaults, to `extensions.directives`, where other libraries look for directives. */
function guardedIn<Config extends SchemaElement>(config: Config, where: string, names: GuardNames): Config {
  return annotated(config, guardsWrittenInSdl(config, where, names));
}
