// The id of the current request, for log lines and reports of unexpected errors. It is stored in the asynchronous
// context, so that it need not be passed along.
import { AsyncLocalStorage } from 'node:async_hooks';
import { randomId } from './random.ts';

const requests = new AsyncLocalStorage<string>();

/** The accepted ids from a proxy. Characters that could forge a log line are not allowed. */
const FORM = /^[\w.:/+=-]{1,128}$/;

/** @param given the id from a proxy, if any. */
export function requestIdFrom(given: string | string[] | undefined): string {
  return typeof given === 'string' && FORM.test(given) ? given : randomId();
}

export function withRequestId<T>(id: string, work: () => T): T {
  return requests.run(id, work);
}

/** Undefined outside a request. */
export function currentRequestId(): string | undefined {
  return requests.getStore();
}
