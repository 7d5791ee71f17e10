// The fields of a schema's object types, with their guards. Fields of an interface are covered by the types that
// implement it.
import { type GraphQLField, type GraphQLObjectType, type GraphQLSchema, isObjectType } from 'graphql';
import { type PlacedGuard, placedGuards } from '../../step-up/guard.ts';

export interface SchemaField {
  /** `Type.field` */
  readonly coordinate: string;
  readonly owner: GraphQLObjectType;
  readonly field: GraphQLField<unknown, unknown>;
  readonly guards: readonly PlacedGuard[];
}

export function fieldsOf(schema: GraphQLSchema): SchemaField[] {
  return Object.values(schema.getTypeMap())
    .filter((type) => isObjectType(type))
    .filter((type) => !type.name.startsWith('__'))
    .toSorted((one, other) => (one.name < other.name ? -1 : 1))
    .flatMap((owner) =>
      Object.values(owner.getFields()).map((field) => ({
        coordinate: `${owner.name}.${field.name}`,
        owner,
        field,
        guards: placedGuards(owner, field.name),
      })),
    );
}
