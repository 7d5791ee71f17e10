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

function refusalNow<Context>(guards: readonly Guard[], context: Context, find: FindAuthContext<Context>) {
  return guards.length === 0 ? null : newDecisions(context, find).refusal(guards);
}

function meetsGuards({ schema, operation, fragments }: GraphQLResolveInfo): boolean {
  const definitions = [operation, ...Object.values(fragments)];
  return guardedFields({ schema, document: { kind: Kind.DOCUMENT, definitions } }).length > 0;
}

function isIterable(opened: unknown): opened is AsyncIterable<unknown> {
  return typeof opened === 'object' && opened !== null && Symbol.asyncIterator in opened;
}

/** Not a generator, because a generator would end only after the source's next event when the client has gone. */
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
      end().catch(() => {}); // the client gets the refusal before the source has closed
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
