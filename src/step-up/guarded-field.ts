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
  standing: FieldGuards<Context>,
): void {
  const { guards, find, isEvent } = standing;
  keep(fields, name, (field) => {
    const resolvers = field as unknown as Resolvers<Context>;
    if (guards.length > 0) {
      keep(resolvers, 'resolve', (assigned) =>
        guarded(assigned, standing, (resolve) => guardedResolver(resolve, standing)),
      );
    }
    if (isEvent) {
      keep(resolvers, 'subscribe', (assigned) =>
        guarded(assigned, standing, (subscribe) => guardedSource(subscribe, guards, find)),
      );
    }
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

interface Before {
  /** As text. */
  readonly guards: ReadonlySet<string>;
  readonly find: unknown;
}

const guardsBefore = new WeakMap<object, Before>();

/** How the guards before a resolver find who is asking; null when one of them is not there. */
export function finderBefore(
  resolve: object | null | undefined,
  guards: readonly Guard[],
): FindStanding<unknown> | null {
  const before = resolve == null ? undefined : guardsBefore.get(resolve);
  const isGuarded = before !== undefined && guards.every((guard) => before.guards.has(JSON.stringify(guard)));
  return isGuarded ? (before.find as FindStanding<unknown>) : null;
}

function guarded<Context>(
  resolve: Resolver<Context> | undefined,
  { guards, find }: FieldGuards<Context>,
  guard: (resolve: Resolver<Context>) => Resolver<Context>,
): Resolver<Context> {
  if (resolve && finderBefore(resolve, guards) !== null) return resolve;
  const resolver = guard(resolve ?? defaultFieldResolver);
  guardsBefore.set(resolver, { guards: new Set(guards.map((one) => JSON.stringify(one))), find });
  return resolver;
}

/** Synchronous: a promise for each field would double the time of a long list. */
function guardedResolver<Context>(
  resolve: Resolver<Context>,
  { guards, find, isEvent }: FieldGuards<Context>,
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
