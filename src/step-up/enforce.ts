// Puts the guards of a built schema before its resolvers: outside argument mapping and validation, so that somebody
// who may not call a field learns nothing about its arguments, and on subscribe as well as on resolve. A resolver that
// has its guards keeps them: the same ones are not put there twice.
import {
  defaultFieldResolver,
  type GraphQLFieldResolver,
  type GraphQLSchema,
  getNamedType,
  isEnumType,
  isObjectType,
} from 'graphql';
import { RequirementError } from '../policy/requirement.ts';
import { decisionsOf } from './decisions.ts';
import { type Guard, guardsOf } from './guard.ts';
import type { FindStanding } from './standing.ts';

/** @throws {RequirementError} for a guard that nobody could ever pass. */
export function enforce<Context>(schema: GraphQLSchema, find: FindStanding<Context>): GraphQLSchema {
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || type.name.startsWith('__')) continue;
    for (const field of Object.values(type.getFields())) {
      const guards = guardsOf(type, field.name);
      if (guards.length === 0) continue;
      for (const guard of guards) checkRole(schema, guard, `${type.name}.${field.name}`);
      if (type === schema.getSubscriptionType()) {
        field.subscribe = guarded(field.subscribe ?? defaultFieldResolver, guards, find);
      }
      field.resolve = guarded(field.resolve ?? defaultFieldResolver, guards, find);
    }
  }
  return schema;
}

function checkRole(schema: GraphQLSchema, guard: Guard, field: string): void {
  if (guard.directive !== 'requiresRole') return;
  const role = schema.getDirective('requiresRole')?.args.find((one) => one.name === 'role');
  const roles = getNamedType(role?.type) ?? schema.getType('Role');
  if (!isEnumType(roles) || roles.getValues().some(({ name }) => name === guard.role)) return;
  throw new RequirementError(`${field}: ${guard.role} is not a value of the enum ${roles.name}.`);
}

/** The guards of each guarded resolver, as text. */
const guardsBefore = new WeakMap<object, string>();

type Resolver<Context> = GraphQLFieldResolver<unknown, Context>;

/** Synchronous: a promise for each field would double the time of a long list. */
function guarded<Context>(
  resolve: Resolver<Context>,
  guards: readonly Guard[],
  find: FindStanding<Context>,
): Resolver<Context> {
  const same = JSON.stringify(guards);
  if (guardsBefore.get(resolve) === same) return resolve;
  const guardedResolve: Resolver<Context> = (parent, args, context, info) => {
    const refusal = decisionsOf(context, find).refusal(guards);
    if (refusal !== null) throw refusal;
    return resolve(parent, args, context, info);
  };
  guardsBefore.set(guardedResolve, same);
  return guardedResolve;
}
