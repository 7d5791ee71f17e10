// Guards the plans of a Grafast schema. A plan is made once and runs for many callers, so it cannot decide who may use its
// field. It refuses to be made for any operation but those from which `guardedExecutor` has left out what is refused.

import { defaultPlanResolver, type FieldPlanResolver, operationPlan } from 'grafast';
import type { GraphQLField, GraphQLObjectType, GraphQLSchema, OperationDefinitionNode } from 'graphql';
import type { FindAuthContext } from '../auth-context.ts';
import { readGuards } from '../enforce.ts';
import { guardField, hasGuards } from '../guarded-field.ts';
import { PLANS, type Plans, plansOf } from '../planned-field.ts';
import { UnguardedError } from '../unguarded-error.ts';

// oxlint-disable-next-line typescript/no-explicit-any -- Grafast declares plans so in a schema
type AnyPlan = FieldPlanResolver<any, any, any>;

/** Options of `guardPlans`. */
export interface GuardPlansOptions<Context> {
  /** Reads who is asking from an operation's context. It must be synchronous. Pass the same function everywhere. */
  readonly authContext: FindAuthContext<Context>;
}

const allowed = new WeakSet<OperationDefinitionNode>();

/** Lets an operation be planned: it has no field that its caller may not use. */
export function allowPlans(operation: OperationDefinitionNode): void {
  allowed.add(operation);
}

/**
 * Guards the fields of a Grafast schema, by changing the schema in place, and returns it. Execute its operations with
 * `guardedExecutor` or `StepUpGrafservPlugin`: any other execution of a guarded field fails.
 *
 * @throws {RequirementError} when the arguments of a directive are invalid, or when no user could ever meet it.
 */
export function guardPlans<Context>(
  schema: GraphQLSchema,
  { authContext }: GuardPlansOptions<Context>,
): GraphQLSchema {
  for (const { type, name, guards, isEvent } of readGuards(schema)) {
    const field = type.getFields()[name] as GraphQLField<unknown, unknown>;
    const isPlanned = plansOf(field).length > 0 || (field.resolve === undefined && hasPlans(type));
    if (!isPlanned) guardField(type.getFields(), name, { guards, find: authContext, isEvent });
    if (!isPlanned || guards.length === 0) continue;
    const plans: Plans = { plan: defaultPlanResolver, ...(field.extensions['grafast'] as Plans) };
    const guarded = PLANS.flatMap((one) => {
      const plan = plans[one] as AnyPlan | undefined;
      if (plan === undefined) return [];
      const checked: AnyPlan = (...args) => {
        assertAllowed(`${type.name}.${name}`);
        return plan(...args);
      };
      hasGuards(checked, guards, authContext);
      return [[one, checked] as const];
    });
    const grafast = { ...plans, ...Object.fromEntries(guarded) } as Grafast.FieldExtensions;
    field.extensions = { ...field.extensions, grafast };
  }
  return schema;
}

function hasPlans(type: GraphQLObjectType): boolean {
  return Object.values(type.getFields()).some((field) => plansOf(field).length > 0);
}

function assertAllowed(field: string): void {
  if (allowed.has(operationPlan().operation)) return;
  throw new UnguardedError(
    `${field} has a guard. Execute the operation with guardedExecutor or stepUpGrafserv of stepgate/step-up/grafast.`,
  );
}
