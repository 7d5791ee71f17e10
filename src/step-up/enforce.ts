// Puts the guards of a built schema before its resolvers, on `subscribe` as well as on `resolve`. They run before
// argument mapping and validation, so that a caller who may not use a field learns nothing about its arguments.
import {
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isEnumType,
  isInterfaceType,
  isObjectType,
} from 'graphql';
import { RequirementError } from '../policy/requirement.ts';
import type { FindAuthContext } from './auth-context.ts';
import { forgetGuards, type Guard, guardsOf } from './guard.ts';
import { type GuardNames, namesInSchema } from './guard-names.ts';
import { finderBefore, guardField } from './guarded-field.ts';
import { plansOf } from './planned-field.ts';
import { UnguardedError } from './unguarded-error.ts';
import { guardsWrittenOn, withKept } from './written-guards.ts';

/**
 * Guards every field of a schema that has a directive, by changing the schema in place, and returns it.
 * `stepUpTransformer` and the Pothos plugin call it for you.
 *
 * @param find reads who is asking from an operation's context. Pass the same function to `useStepUp`.
 * @throws {RequirementError} when the arguments of a directive are invalid, or when no user could ever meet it.
 * @throws {UnguardedError} when a guarded field has a Grafast plan, which would run before its guard.
 */
export function enforce<Context>(schema: GraphQLSchema, find: FindAuthContext<Context>): GraphQLSchema {
  for (const { type, name, guards, isEvent } of readGuards(schema)) {
    const plans = plansOf(type.getFields()[name] as GraphQLField<unknown, unknown>);
    if (plans.length === 0) {
      guardField(type.getFields(), name, { guards, find, isEvent });
    } else if (guards.length > 0 && plans.some((plan) => finderBefore(plan, guards) === null)) {
      throw new UnguardedError(
        `${type.name}.${name} has a Grafast plan, which would run before its guard. Use guardPlans of stepgate/step-up/grafast instead.`,
      );
    }
  }
  return schema;
}

export interface FieldToGuard {
  readonly type: GraphQLObjectType;
  readonly name: string;
  readonly guards: readonly Guard[];
  /** Whether it is a field of the subscription root type. */
  readonly isEvent: boolean;
}

/** Reads the guards of a schema, and returns its guarded fields and its subscriptions. */
export function readGuards(schema: GraphQLSchema): FieldToGuard[] {
  const names = namesInSchema(schema);
  keepGuards(schema, names);
  const found: FieldToGuard[] = [];
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || type.name.startsWith('__')) continue;
    const fields = type.getFields();
    const isEvent = type === schema.getSubscriptionType();
    for (const name of Object.keys(fields)) {
      const guards = guardsOf(type, name);
      checkRoles(schema, names, guards, `${type.name}.${name}`);
      if (guards.length > 0 || isEvent) found.push({ type, name, guards, isEvent });
    }
  }
  return found;
}

/** Reads the directives of a schema and stores the guards where `guardsOf` finds them. */
function keepGuards(schema: GraphQLSchema, names: GuardNames): void {
  for (const type of Object.values(schema.getTypeMap())) {
    if (!(isObjectType(type) || isInterfaceType(type)) || type.name.startsWith('__')) continue;
    type.extensions = withKept(type, guardsWrittenOn(type, type.name, names));
    for (const field of Object.values(type.getFields())) {
      field.extensions = withKept(field, guardsWrittenOn(field, `${type.name}.${field.name}`, names));
    }
    forgetGuards(type);
  }
}

function checkRoles(schema: GraphQLSchema, names: GuardNames, guards: readonly Guard[], field: string): void {
  for (const guard of guards) {
    if (guard.directive !== 'requiresRole') continue;
    const roles = rolesOf(schema, names);
    if (!isEnumType(roles) || roles.getValues().some(({ name }) => name === guard.role)) continue;
    throw new RequirementError(`${field}: ${guard.role} is not a value of the enum ${roles.name}.`);
  }
}

function rolesOf(schema: GraphQLSchema, names: GuardNames): unknown {
  const arguments_ = schema
    .getDirectives()
    .filter(({ name }) => names.get(name) === 'requiresRole')
    .flatMap(({ args }) => args.filter((one) => one.name === 'role'));
  return getNamedType(arguments_[0]?.type) ?? schema.getType('Role');
}
