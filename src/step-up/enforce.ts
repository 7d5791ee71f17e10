// Puts the guards of a built schema before its resolvers: outside argument mapping and validation, so that somebody
// who may not call a field learns nothing about its arguments, and on subscribe as well as on resolve.
import { defaultFieldResolver, type GraphQLFieldResolver, type GraphQLSchema, isObjectType } from 'graphql';
import { type Guard, guardsOf, refuse } from './guard.ts';
import { RefusalError } from './refusal-error.ts';
import type { FindStanding } from './standing.ts';

/** Fails when a guard could be met by nobody, and when a guarded field could not be refused by itself. */
export function enforce<Context>(schema: GraphQLSchema, find: FindStanding<Context>): GraphQLSchema {
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || type.name.startsWith('__')) continue;
    for (const field of Object.values(type.getFields())) {
      const guards = guardsOf(type, field.name);
      if (guards.length === 0) continue;
      const isSubscription = type === schema.getSubscriptionType();
      if (isSubscription && field.subscribe !== undefined) {
        field.subscribe = guarded(field.subscribe, guards, find);
      }
      field.resolve = guarded(field.resolve ?? defaultFieldResolver, guards, find);
    }
  }
  return schema;
}

type Resolver<Context> = GraphQLFieldResolver<unknown, Context>;

function guarded<Context>(
  resolve: Resolver<Context>,
  guards: readonly Guard[],
  find: FindStanding<Context>,
): Resolver<Context> {
  return (parent, args, context, info) => {
    const { standing, fault, now } = find(context);
    const refusal = refuse(guards, standing, now);
    if (refusal !== null) throw new RefusalError(refusal, fault);
    return resolve(parent, args, context, info);
  };
}
