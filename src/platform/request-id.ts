// The id of the request that is being served, for the lines of the log and for whoever reports an unexpected error. It follows
// the request through all that it causes, so nobody hands it on.
import { AsyncLocalStorage } from 'node:async_hooks';
import { randomId } from './random.ts';

const requests = new AsyncLocalStorage<string>();

/** What a proxy may send: long enough for its own ids, and nothing that could forge a line in a log. */
const FORM = /^[\w.:/+=-]{1,128}$/;

/** @param given the id that a proxy gave the request, if it did. */
export function requestIdFrom(given: string | string[] | undefined): string {
  return typeof given === 'string' && FORM.test(given) ? given : randomId();
}

export function withRequestId<T>(id: string, work: () => T): T {
  return requests.run(id, work);
}

/** Undefined outside of any request. */
export function currentRequestId(): string | undefined {
  return requests.getStore();
}
