// Waits for changes of a workflow, on behalf of the client that holds it: its state now, then its state whenever that
// has changed. Ends with the workflow, which has a deadline, with the session that the workflow belongs to, and when the
// server shuts down.
import { isUnavailable } from '../../persistence/failure.ts';
import { digest } from '../../platform/digest.ts';
import { READ_AGAIN_SECONDS } from '../../policy/waiting-limits.ts';
import type { Caller } from '../caller.ts';
import { Alarm } from '../waiting-clients.ts';
import { read } from './read.ts';
import type { WorkflowReply } from './reply.ts';
import { isWorkflowId } from './row.ts';
import type { StepServices } from './services.ts';

/** Finds out again who is asking: the session may have ended, and the token may have expired. */
export type AskAgain = () => Promise<Pick<Caller, 'session' | 'tokenFault'>>;

/** A state of the workflow that the client was given. */
export interface Seen {
  /** Null if the client may not see the workflow, or no longer. */
  readonly reply: WorkflowReply | null;
  /** Tells it from other states. */
  readonly state: string;
}

/**
 * Not a generator, because a generator would end only after its next event when the client has gone.
 * @throws {TooManyWaiting}
 */
export function wait(
  services: StepServices,
  id: string,
  caller: Caller,
  again: AskAgain,
): AsyncIterableIterator<Seen> {
  const { waiting, clock } = services;
  const alarm = new Alarm();
  const leave = isWorkflowId(id) ? waiting.add(digest(id), caller.client, alarm) : () => {};
  let last: Seen | null = null;
  let isOver = false;

  const end = (): { done: true; value: undefined } => {
    isOver = true;
    leave();
    alarm.ring();
    return { done: true, value: undefined };
  };

  function seen(reply: WorkflowReply | null): IteratorResult<Seen> {
    last = { reply, state: stateOf(reply) };
    if (reply === null || isFinal(reply)) isOver = true; // the next call ends the stream
    return { done: false, value: last };
  }

  /** @returns undefined while the database is unavailable. The client keeps waiting. */
  async function readAgain(): Promise<WorkflowReply | null | undefined> {
    try {
      return await read(services, id, { ...caller, ...(await again()) });
    } catch (error) {
      if (isUnavailable(error)) return undefined;
      throw error;
    }
  }

  async function next(): Promise<IteratorResult<Seen>> {
    if (last === null) return seen(await read(services, id, caller));
    while (!isOver) {
      await alarm.sleep(untilNextRead(last, clock.now()));
      if (isOver || waiting.isEnding) break;
      const reply = await readAgain();
      if (reply !== undefined && stateOf(reply) !== last.state) return seen(reply);
    }
    return end();
  }

  return {
    next: () => next().catch((error: unknown) => (end(), Promise.reject(error))),
    return: async () => end(),
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

function stateOf(reply: WorkflowReply | null): string {
  return JSON.stringify(reply && [reply.view, reply.factors, reply.challenge, reply.enrolling?.data]);
}

function isFinal({ view }: WorkflowReply): boolean {
  return view.status === 'COMPLETE' || view.status === 'FAILED' || view.status === 'EXPIRED';
}

/** At the latest at the deadline of the workflow. */
function untilNextRead({ reply }: Seen, now: Date): number {
  const left = (reply?.expiresAt.getTime() ?? 0) - now.getTime();
  return Math.min(READ_AGAIN_SECONDS * 1000, Math.max(left, 0) + 10);
}
