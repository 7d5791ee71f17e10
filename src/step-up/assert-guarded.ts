// A directive by itself refuses nobody: its guard must stand before the resolver that runs. This looks at the schema that
// is about to serve, and refuses to serve it when a guard is missing.
import { type GraphQLObjectType, type GraphQLSchema, isObjectType } from 'graphql';
import { guardsOf, type PlacedGuard, placedGuards } from './guard.ts';
import { namesInSchema } from './guard-names.ts';
import { finderBefore, guardField } from './guarded-field.ts';
import { guardsWrittenOn } from './written-guards.ts';

/** A field's directive stands in the schema, and nothing enforces it. */
export class UnguardedError extends Error {
  override readonly name = 'UnguardedError';
}

const guarded = new WeakSet<GraphQLSchema>();

/**
 * To be called when a server starts, with the schema that it serves; `useStepUp` and `refuseMutation` call it. From then
 * on, whatever is assigned to a guarded field of this schema gets its guards.
 *
 * @throws {UnguardedError} when a directive stands before a field, and no guard before its resolver.
 */
export function assertGuarded(schema: GraphQLSchema): void {
  if (guarded.has(schema)) return;
  const open = guardedFieldsOf(schema).filter((one) => finderOf(one) === null);
  const [first, ...others] = open;
  if (first !== undefined) {
    const { type, name, placed } = first;
    const [outermost] = placed;
    const more = others.length === 0 ? '' : ` (and ${others.length} more)`;
    throw new UnguardedError(
      `@${outermost?.guard.directive} on ${outermost?.place} does not guard ${type.name}.${name}${more}. Transform the schema with stepUpTransformer, after everything else that adds or wraps resolvers.`,
    );
  }
  for (const one of guardedFieldsOf(schema)) {
    const find = finderOf(one);
    const { type, name, isEvent } = one;
    if (find !== null) guardField(type.getFields(), name, { guards: guardsOf(type, name), find, isEvent });
  }
  guarded.add(schema);
}

interface GuardedField {
  readonly type: GraphQLObjectType;
  readonly name: string;
  readonly placed: readonly PlacedGuard[];
  readonly isEvent: boolean;
}

/** Whatever is written counts, whether or not it has been read before. */
function guardedFieldsOf(schema: GraphQLSchema): GuardedField[] {
  const names = namesInSchema(schema);
  const types = Object.values(schema.getTypeMap()).filter((type) => isObjectType(type));
  return types
    .filter((type) => !type.name.startsWith('__'))
    .flatMap((type) =>
      Object.keys(type.getFields()).map((name) => ({
        type,
        name,
        placed: placedGuards(type, name, (element, place) => guardsWrittenOn(element, place, names)),
        isEvent: type === schema.getSubscriptionType(),
      })),
    )
    .filter(({ placed }) => placed.length > 0);
}

function finderOf({ type, name, placed, isEvent }: GuardedField): ReturnType<typeof finderBefore> {
  const field = type.getFields()[name];
  const guards = placed.map(({ guard }) => guard);
  const find = finderBefore(field?.resolve, guards);
  return isEvent && finderBefore(field?.subscribe, guards) === null ? null : find;
}
