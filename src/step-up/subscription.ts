// A subscription may outlive a proof, a token or a session. So each event is decided again, at the time of the event.
// The first event that is refused ends the subscription, with the refusal as its result.
import { type GraphQLFieldResolver, type GraphQLResolveInfo, Kind } from 'graphql';
import type { FindAuthContext } from './auth-context.ts';
import { newDecisions } from './decisions.ts';
import type { Guard } from './guard.ts';
import { guardedFields } from './operation.ts';
import { renew } from './presented.ts';

type Resolver<Context> = GraphQLFieldResolver<unknown, Context>;

/** Replaces an event that is refused. The guard of the root field throws the reason. */
export class RefusedEvent {
  readonly reason: unknown;

  constructor(reason: unknown) {
    this.reason = reason;
  }
}

/** @param guards the guards of the root field. Fields below it are refused one by one. */
export function guardedSource<Context>(
  subscribe: Resolver<Context>,
  guards: readonly Guard[],
  find: FindAuthContext<Context>,
): Resolver<Context> {
  return (parent, args, context, info) => {
    const refusal = refusalNow(guards, context, find);
    if (refusal !== null) throw refusal;
    const source: unknown = subscribe(parent, args, context, info);
    if (!meetsGuards(info)) return source;
    const decide: Decide = async (event) => {
      try {
        await renew(context);
        const reason = refusalNow(guards, context, find);
        return { value: reason === null ? event : new RefusedEvent(reason), isLast: reason !== null };
      } catch (reason) {
        return { value: new RefusedEvent(reason), isLast: true };
      }
    };
    const guard = (opened: unknown): unknown => (isIterable(opened) ? guardedEvents(opened, decide) : opened);
    return source instanceof Promise ? source.then(guard) : guard(source);
  };
}

function refusalNow<Context>(guards: readonly Guard[], context: Context, find: FindAuthContext<Context>) {
  return guards.length === 0 ? null : newDecisions(context, find).refusal(guards);
}

function meetsGuards({ schema, operation, fragments }: GraphQLResolveInfo): boolean {
  const definitions = [operation, ...Object.values(fragments)];
  return guardedFields({ schema, document: { kind: Kind.DOCUMENT, definitions } }).length > 0;
}

export function isIterable(opened: unknown): opened is AsyncIterable<unknown> {
  return typeof opened === 'object' && opened !== null && Symbol.asyncIterator in opened;
}

/** What the client gets of an event. It must not reject. */
export type Decide = (event: unknown) => Promise<{ readonly value: unknown; readonly isLast: boolean }>;

/** Not a generator, because a generator would end only after the source's next event when the client has gone. */
export function guardedEvents(
  opened: AsyncIterable<unknown>,
  decide: Decide,
): AsyncIterableIterator<unknown> {
  const source = opened[Symbol.asyncIterator]();
  let isOver = false;
  const end = async (): Promise<IteratorResult<unknown>> => {
    isOver = true;
    await source.return?.();
    return { done: true, value: undefined };
  };
  return {
    async next() {
      if (isOver) return { done: true, value: undefined };
      const event = await source.next();
      if (event.done) return event;
      const { value, isLast } = await decide(event.value);
      if (isLast) end().catch(() => {}); // the client gets the refusal before the source has closed
      return { done: false, value };
    },
    return: end,
    async throw(error: unknown) {
      await end();
      throw error;
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
