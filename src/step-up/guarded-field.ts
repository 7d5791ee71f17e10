// Puts the guards of one field before its resolvers. A resolver never gets the same guards twice. Libraries that add
// resolvers later assign them to the field, or assign a copy of the field, so anything that is assigned is guarded too.
import { defaultFieldResolver, type GraphQLField, type GraphQLFieldResolver } from 'graphql';
import type { FindAuthContext } from './auth-context.ts';
import { admit } from './decisions.ts';
import type { Guard } from './guard.ts';
import type { Pass } from './pass.ts';
import { guardedSource, RefusedEvent } from './subscription.ts';

type Resolver<Context> = GraphQLFieldResolver<unknown, Context>;
type Field = GraphQLField<unknown, unknown>;

export interface FieldGuards<Context> {
  readonly guards: readonly Guard[];
  readonly find: FindAuthContext<Context>;
  /** Whether it is a field of the subscription root type. */
  readonly isEvent: boolean;
}

export function guardField<Context>(
  fields: Record<string, Field>,
  name: string,
  authContext: FieldGuards<Context>,
): void {
  const { guards, find, isEvent } = authContext;
  keep(fields, name, (field) => {
    const resolvers = field as unknown as Resolvers<Context>;
    if (guards.length > 0) {
      keep(resolvers, 'resolve', (assigned) =>
        guarded(assigned, authContext, (resolve) => guardedResolver(resolve, authContext)),
      );
    }
    if (isEvent) {
      keep(resolvers, 'subscribe', (assigned) =>
        guarded(assigned, authContext, (subscribe) => guardedSource(subscribe, guards, find)),
      );
    }
    return field;
  });
}

interface Resolvers<Context> {
  resolve: Resolver<Context> | undefined;
  subscribe: Resolver<Context> | undefined;
}

/** Applies `guard` to a property's value, now and on every later assignment. */
function keep<Owner, Key extends keyof Owner>(
  owner: Owner,
  key: Key,
  guard: (assigned: Owner[Key]) => Owner[Key],
): void {
  let kept = guard(owner[key]);
  Object.defineProperty(owner, key, {
    enumerable: true,
    configurable: true,
    get: () => kept,
    set: (assigned: Owner[Key]) => {
      kept = guard(assigned);
    },
  });
}

interface Before {
  /** As JSON. */
  readonly guards: ReadonlySet<string>;
  readonly find: unknown;
}

const guardsBefore = new WeakMap<object, Before>();

/** The `FindAuthContext` of a resolver's guards. Null when one of the guards is missing. */
export function finderBefore(
  resolve: object | null | undefined,
  guards: readonly Guard[],
): FindAuthContext<unknown> | null {
  const before = resolve == null ? undefined : guardsBefore.get(resolve);
  const isGuarded = before !== undefined && guards.every((guard) => before.guards.has(JSON.stringify(guard)));
  return isGuarded ? (before.find as FindAuthContext<unknown>) : null;
}

function guarded<Context>(
  resolve: Resolver<Context> | undefined,
  { guards, find }: FieldGuards<Context>,
  guard: (resolve: Resolver<Context>) => Resolver<Context>,
): Resolver<Context> {
  if (resolve && finderBefore(resolve, guards) !== null) return resolve;
  const resolver = guard(resolve ?? defaultFieldResolver);
  hasGuards(resolver, guards, find);
  return resolver;
}

/** Records that a function runs only where its guards are met. */
export function hasGuards(guarded: object, guards: readonly Guard[], find: unknown): void {
  guardsBefore.set(guarded, { guards: new Set(guards.map((one) => JSON.stringify(one))), find });
}

/** Synchronous, because a promise for each field would double the time of a long list. */
function guardedResolver<Context>(
  resolve: Resolver<Context>,
  { guards, find, isEvent }: FieldGuards<Context>,
): Resolver<Context> {
  let pass: Pass | undefined;
  return (parent, args, context, info) => {
    if (!pass?.lets(context, info.variableValues)) {
      if (isEvent && parent instanceof RefusedEvent) throw parent.reason;
      pass = admit(guards, context, find, info);
    }
    return resolve(parent, args, context, info);
  };
}
