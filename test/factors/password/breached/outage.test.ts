// A look-up that fails: nobody waits for it again for half a minute, and the log hears of it once.
import { beforeEach, expect, test } from 'vitest';
import { BreachedUnavailableError } from '../../../../src/factors/password/breached/breached.ts';
import { CircuitBreaker } from '../../../../src/factors/password/breached/circuit-breaker.ts';
import { createLog } from '../../../../src/platform/log.ts';

const FAILURE = new BreachedUnavailableError('no answer');
const fail = (): Promise<never> => Promise.reject(FAILURE);
const answer = async (): Promise<string> => 'an answer';

let log: string[];
let now: number;
let breaker: CircuitBreaker;

beforeEach(() => {
  log = [];
  now = 1_800_000_000_000;
  breaker = new CircuitBreaker(createLog('info', { write: (line) => log.push(JSON.parse(line).msg) }), {
    now: () => new Date(now),
  });
});

test('after a failure, no request is made for 30 seconds, and then one is', async () => {
  await expect(breaker.ask(fail)).rejects.toBe(FAILURE);
  now += 29_999;
  let isAsked = false;
  const question = (): Promise<string> => {
    isAsked = true;
    return answer();
  };
  await expect(breaker.ask(question)).rejects.toBe(FAILURE);
  expect(isAsked).toBe(false);
  now += 1;
  expect(await breaker.ask(question)).toBe('an answer');
  expect(await breaker.ask(question)).toBe('an answer');
});

test('an outage is logged when it begins and when it ends, however many failures lie between', async () => {
  await breaker.ask(answer);
  expect(log).toEqual([]);
  for (let times = 0; times < 3; times += 1) {
    await breaker.ask(fail).catch(() => {});
    now += 30_000;
  }
  expect(log).toEqual(['breached password checks are failing']);
  await breaker.ask(answer);
  await breaker.ask(answer);
  expect(log).toEqual(['breached password checks are failing', 'breached password checks work again']);
});

test('an error in our own code is not an outage: it is rethrown, and the next request is made', async () => {
  const defect = new TypeError('a defect');
  await expect(breaker.ask(() => Promise.reject(defect))).rejects.toBe(defect);
  expect(await breaker.ask(answer)).toBe('an answer');
  expect(log).toEqual([]);
});
