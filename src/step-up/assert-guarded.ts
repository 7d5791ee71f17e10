// A directive by itself refuses nobody: its guard must stand before the resolver that runs. This looks at the schema that
// is about to serve, and refuses to serve it when a guard is missing.
import { type GraphQLSchema, isObjectType } from 'graphql';
import { type PlacedGuard, placedGuards } from './guard.ts';
import { type GuardNames, namesInSchema } from './guard-names.ts';
import { hasGuards } from './guarded-field.ts';
import { guardsWrittenOn } from './written-guards.ts';

/** A field's directive stands in the schema, and nothing enforces it. */
export class UnguardedError extends Error {
  override readonly name = 'UnguardedError';
}

const guarded = new WeakSet<GraphQLSchema>();

/**
 * To be called when a server starts, with the schema that it serves. `useStepUp` and `refuseMutation` call it.
 *
 * @throws {UnguardedError} when a directive stands before a field, and no guard before its resolver.
 */
export function assertGuarded(schema: GraphQLSchema): void {
  if (guarded.has(schema)) return;
  const names = namesInSchema(schema);
  const open = Object.values(schema.getTypeMap()).flatMap((type) => {
    if (!isObjectType(type) || type.name.startsWith('__')) return [];
    const isEvent = type === schema.getSubscriptionType();
    return Object.values(type.getFields()).flatMap((field) => {
      const written = guardsBefore(type, field.name, names);
      const guards = written.map((one) => one.guard);
      if (guards.length === 0) return [];
      const isGuarded = hasGuards(field.resolve, guards) && (!isEvent || hasGuards(field.subscribe, guards));
      return isGuarded ? [] : `@${guards[0]?.directive} on ${written[0]?.place} does not guard ${type.name}.${field.name}`;
    });
  });
  if (open.length > 0) {
    const [first, ...others] = open;
    const more = others.length === 0 ? '' : ` (and ${others.length} more)`;
    throw new UnguardedError(
      `${first}${more}. Transform the schema with stepUpTransformer, after everything else that adds or wraps resolvers.`,
    );
  }
  guarded.add(schema);
}

function guardsBefore(
  type: Parameters<typeof placedGuards>[0],
  field: string,
  names: GuardNames,
): PlacedGuard[] {
  return placedGuards(type, field, (element, place) => guardsWrittenOn(element, place, names));
}
