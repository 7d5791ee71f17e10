// A subscription goes on for longer than a proof, a token or a session may. So each of its events is decided anew, with
// the time of the event, and the first one that is refused is the last: its answer is the refusal.
import { type GraphQLFieldResolver, type GraphQLResolveInfo, Kind } from 'graphql';
import { newDecisions } from './decisions.ts';
import type { Guard } from './guard.ts';
import { guardedFields } from './operation.ts';
import { renew } from './presented.ts';
import type { FindStanding } from './standing.ts';

type Resolver<Context> = GraphQLFieldResolver<unknown, Context>;

/** Stands in for an event that nobody may see: the root field's guard throws its reason. */
export class RefusedEvent {
  readonly reason: unknown;

  constructor(reason: unknown) {
    this.reason = reason;
  }
}

/** @param guards those of the root field; fields below it are refused by themselves. */
export function guardedSource<Context>(
  subscribe: Resolver<Context>,
  guards: readonly Guard[],
  find: FindStanding<Context>,
): Resolver<Context> {
  return (parent, args, context, info) => {
    const refusal = refusalNow(guards, context, find);
    if (refusal !== null) throw refusal;
    const source: unknown = subscribe(parent, args, context, info);
    if (!meetsGuards(info)) return source;
    const decide = async (): Promise<RefusedEvent | null> => {
      try {
        await renew(context);
        const reason = refusalNow(guards, context, find);
        return reason === null ? null : new RefusedEvent(reason);
      } catch (reason) {
        return new RefusedEvent(reason);
      }
    };
    const guard = (opened: unknown): unknown => (isIterable(opened) ? guardedEvents(opened, decide) : opened);
    return source instanceof Promise ? source.then(guard) : guard(source);
  };
}

function refusalNow<Context>(guards: readonly Guard[], context: Context, find: FindStanding<Context>) {
  return guards.length === 0 ? null : newDecisions(context, find).refusal(guards);
}

function meetsGuards({ schema, operation, fragments }: GraphQLResolveInfo): boolean {
  const definitions = [operation, ...Object.values(fragments)];
  return guardedFields({ schema, document: { kind: Kind.DOCUMENT, definitions } }).length > 0;
}

function isIterable(opened: unknown): opened is AsyncIterable<unknown> {
  return typeof opened === 'object' && opened !== null && Symbol.asyncIterator in opened;
}

/** No generator: that would not end before the source's next event, when its reader has gone. */
function guardedEvents(
  opened: AsyncIterable<unknown>,
  decide: () => Promise<RefusedEvent | null>,
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
      const refused = await decide();
      if (refused === null) return event;
      end().catch(() => {}); // the refusal does not wait for the source to close
      return { done: false, value: refused };
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
