// The guards of one field, before its resolvers. A resolver that has its guards keeps them: the same ones are not put
// there twice. Libraries that add resolvers later assign them to the field, or assign a copy of the field that holds
// them: whatever is assigned gets the guards too.
import { defaultFieldResolver, type GraphQLField, type GraphQLFieldResolver } from 'graphql';
import { decisionsOf, newDecisions } from './decisions.ts';
import type { Guard } from './guard.ts';
import type { FindStanding } from './standing.ts';
import { guardedSource, RefusedEvent } from './subscription.ts';

type Resolver<Context> = GraphQLFieldResolver<unknown, Context>;
type Field = GraphQLField<unknown, unknown>;

export interface FieldGuards<Context> {
  readonly guards: readonly Guard[];
  readonly find: FindStanding<Context>;
  /** Whether it is a field of the root type of subscriptions. */
  readonly isEvent: boolean;
}

export function guardField<Context>(
  fields: Record<string, Field>,
  name: string,
  { guards, find, isEvent }: FieldGuards<Context>,
): void {
  const before = (resolve: Resolver<Context>) => guardedResolver(resolve, guards, find, isEvent);
  const beforeSource = (subscribe: Resolver<Context>) => guardedSource(subscribe, guards, find);
  keep(fields, name, (field) => {
    if (guards.length > 0)
      keep(field as Resolvers<Context>, 'resolve', (assigned) => guarded(assigned, guards, before));
    if (isEvent)
      keep(field as Resolvers<Context>, 'subscribe', (assigned) => guarded(assigned, guards, beforeSource));
    return field;
  });
}

interface Resolvers<Context> {
  resolve: Resolver<Context> | undefined;
  subscribe: Resolver<Context> | undefined;
}

/** What a property holds has passed through `guard`, now and whenever something is assigned to it. */
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

/** The guards before each resolver that has some, as text. */
const guardsBefore = new WeakMap<object, ReadonlySet<string>>();

export function hasGuards(resolve: object | null | undefined, guards: readonly Guard[]): boolean {
  const present = resolve == null ? undefined : guardsBefore.get(resolve);
  return present !== undefined && guards.every((guard) => present.has(JSON.stringify(guard)));
}

function guarded<Context>(
  resolve: Resolver<Context> | undefined,
  guards: readonly Guard[],
  guard: (resolve: Resolver<Context>) => Resolver<Context>,
): Resolver<Context> {
  if (resolve && hasGuards(resolve, guards)) return resolve;
  const resolver = guard(resolve ?? defaultFieldResolver);
  guardsBefore.set(resolver, new Set(guards.map((one) => JSON.stringify(one))));
  return resolver;
}

/** Synchronous: a promise for each field would double the time of a long list. */
function guardedResolver<Context>(
  resolve: Resolver<Context>,
  guards: readonly Guard[],
  find: FindStanding<Context>,
  isEvent: boolean,
): Resolver<Context> {
  return (parent, args, context, info) => {
    if (isEvent && parent instanceof RefusedEvent) throw parent.reason;
    // An event is decided by itself, whatever else its context serves.
    const isOfEvent = info.operation?.operation === 'subscription';
    const decisions = isOfEvent ? newDecisions(context, find) : decisionsOf(context, find);
    const refusal = decisions.refusal(guards);
    if (refusal !== null) throw refusal;
    return resolve(parent, args, context, info);
  };
}
