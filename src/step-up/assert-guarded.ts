// A directive alone does not protect a field: its guard must run before the resolver. This checks the schema that is
// about to be served, and throws when a guard is missing.
import { type GraphQLObjectType, type GraphQLSchema, isObjectType } from 'graphql';
import { guardsOf, type PlacedGuard, placedGuards } from './guard.ts';
import { namesInSchema } from './guard-names.ts';
import { finderBefore, guardField } from './guarded-field.ts';
import { plansOf } from './planned-field.ts';
import { UnguardedError } from './unguarded-error.ts';
import { guardsWrittenOn } from './written-guards.ts';

const guarded = new WeakSet<GraphQLSchema>();

/**
 * Checks that every field with a directive is guarded. Call it when your server starts, with the schema that you serve.
 * `useStepUp` and `refuseMutation` call it for you. Resolvers assigned to guarded fields of the schema later are
 * guarded too.
 *
 * @throws {UnguardedError} when a field has a directive, but its resolver has no guard.
 * @throws {RequirementError} when the arguments of a directive are invalid.
 */
export function assertGuarded(schema: GraphQLSchema): void {
  if (guarded.has(schema)) return;
  const open = guardedFieldsOf(schema).filter((one) => finderOf(one) === null);
  const [first, ...others] = open;
  if (first !== undefined) {
    const { type, name, placed } = first;
    const [outermost] = placed;
    const more = others.length === 0 ? '' : ` (and ${others.length} more)`;
    const help = open.some(isPlanned)
      ? 'The schema has Grafast plans, which run before resolvers. Apply guardPlans of stepgate/step-up/grafast to the schema.'
      : 'Apply stepUpTransformer to the schema after all other code that adds or wraps resolvers.';
    throw new UnguardedError(
      `@${outermost?.guard.directive} on ${outermost?.place} does not protect ${type.name}.${name}${more}. ${help}`,
    );
  }
  for (const one of guardedFieldsOf(schema)) {
    const find = finderOf(one);
    const { type, name, isEvent } = one;
    if (find !== null && !isPlanned(one))
      guardField(type.getFields(), name, { guards: guardsOf(type, name), find, isEvent });
  }
  guarded.add(schema);
}

interface GuardedField {
  readonly type: GraphQLObjectType;
  readonly name: string;
  readonly placed: readonly PlacedGuard[];
  readonly isEvent: boolean;
}

/** Reads the directives again, so that one added since the schema was built counts too. */
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

function isPlanned({ type, name }: GuardedField): boolean {
  const field = type.getFields()[name];
  return field !== undefined && plansOf(field).length > 0;
}

function finderOf({ type, name, placed, isEvent }: GuardedField): ReturnType<typeof finderBefore> {
  const field = type.getFields()[name];
  const guards = placed.map(({ guard }) => guard);
  const plans = field === undefined ? [] : plansOf(field);
  if (plans.length > 0) {
    const finders = plans.map((plan) => finderBefore(plan, guards));
    return finders.includes(null) ? null : (finders[0] ?? null);
  }
  const find = finderBefore(field?.resolve, guards);
  return isEvent && finderBefore(field?.subscribe, guards) === null ? null : find;
}
