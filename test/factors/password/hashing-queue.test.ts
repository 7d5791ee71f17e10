// The hashing queue: a flood of sign-ins is limited, requests beyond the limit fail at once, and the queue recovers.
import { afterEach, describe, expect, test, vi } from 'vitest';
import { HashingQueue, OverloadedError } from '../../../src/factors/password/hashing-queue.ts';

/** A hash that completes when the test says so. */
class HeldHash {
  isRunning = false;
  readonly #ended = Promise.withResolvers<string>();

  readonly run = (): Promise<string> => {
    this.isRunning = true;
    return this.#ended.promise;
  };

  end(): void {
    this.isRunning = false;
    this.#ended.resolve('hashed');
  }

  fail(): void {
    this.isRunning = false;
    this.#ended.reject(new Error('the hash failed'));
  }
}

interface Flood {
  /** The accepted hashes, in order. */
  readonly hashes: readonly HeldHash[];
  readonly results: readonly Promise<string>[];
}

/** Starts hashes until the first one is rejected, which must happen before any completes. */
async function flood(queue: HashingQueue): Promise<Flood> {
  const hashes: HeldHash[] = [];
  const results: Promise<string>[] = [];
  for (;;) {
    const hash = new HeldHash();
    const result = queue.run(hash.run);
    const refusal = await Promise.race([result.catch((error: unknown) => error), settled()]);
    if (refusal !== undefined) {
      expect(refusal).toBeInstanceOf(OverloadedError);
      expect(hash.isRunning).toBe(false);
      return { hashes, results };
    }
    hashes.push(hash);
    results.push(result);
    if (hashes.length > 10_000) throw new Error('Nothing bounds this queue.');
  }
}

/** Waits until all pending callbacks have run. */
function settled(): Promise<undefined> {
  return new Promise((resolve) => setImmediate(() => resolve(undefined)));
}

async function endAll({ hashes, results }: Flood): Promise<void> {
  for (const hash of hashes) {
    hash.end();
    await settled();
  }
  expect(new Set(await Promise.all(results))).toEqual(new Set(['hashed']));
}

test.each([1, 2, 4])('with %i threads, no more hashes than that run at a time', async (count) => {
  const queue = new HashingQueue(count);
  const hashes = Array.from({ length: count + 4 }, () => new HeldHash());
  const results = hashes.map((hash) => queue.run(hash.run));
  for (const hash of hashes) {
    await settled();
    const running = hashes.filter((one) => one.isRunning);
    expect(running.length).toBeLessThanOrEqual(count);
    expect(running).toContain(hash); // no slot is idle while a hash waits
    hash.end();
  }
  await Promise.all(results);
});

test('a flood at startup is limited, assuming half a second per hash', async () => {
  const queue = new HashingQueue(2);
  const started = await flood(queue);
  expect(started.hashes).toHaveLength(20);
  await endAll(started);
});

test('beyond the limit a hash fails with OVERLOADED and the seconds to wait, and never runs', async () => {
  const queue = new HashingQueue(2);
  const started = await flood(queue);
  const late = new HeldHash();
  await expect(queue.run(late.run)).rejects.toMatchObject({ name: 'OverloadedError', retryAfterSeconds: 5 });
  await endAll(started);
  await settled();
  expect(late.isRunning).toBe(false);
});

test('a place in the queue that becomes free is given to the next request', async () => {
  const queue = new HashingQueue(2);
  const started = await flood(queue);
  started.hashes[0]?.end();
  await settled();
  const next = new HeldHash();
  const result = queue.run(next.run);
  await endAll(started);
  next.end();
  expect(await result).toBe('hashed');
});

describe('a failed hash', () => {
  test.each([
    [
      'later',
      (queue: HashingQueue) => {
        const hash = new HeldHash();
        const result = queue.run(hash.run);
        hash.fail();
        return result;
      },
    ],
    [
      'at once',
      (queue: HashingQueue) =>
        queue.run(() => {
          throw new Error('the hash failed');
        }),
    ],
  ])('frees its slot when it fails %s', async (_when, fail) => {
    const queue = new HashingQueue(1);
    for (let time = 0; time < 50; time += 1) await expect(fail(queue)).rejects.toThrow('the hash failed');
    expect(await queue.run(() => Promise.resolve('hashed'))).toBe('hashed');
  });

  test('does not affect the measured duration', async () => {
    const queue = new HashingQueue(2);
    const before = await flood(queue);
    await endAllBy(before, 'fail');
    const after = await flood(queue);
    expect(after.hashes).toHaveLength(before.hashes.length);
    await endAllBy(after, 'fail');
  });

  async function endAllBy({ hashes, results }: Flood, how: 'fail'): Promise<void> {
    for (const hash of hashes) {
      hash[how]();
      await settled();
    }
    expect((await Promise.allSettled(results)).map((one) => one.status)).not.toContain('fulfilled');
  }
});

describe('the length of the queue depends on the duration of hashes:', () => {
  afterEach(() => vi.useRealTimers());

  /** Lanes that have measured many hashes of this duration. The clock then stands still. */
  async function queueOf(count: number, seconds: number): Promise<HashingQueue> {
    vi.useFakeTimers({ toFake: ['performance'] });
    const queue = new HashingQueue(count);
    for (let hash = 0; hash < 200; hash += 1) {
      await queue.run(async () => {
        vi.advanceTimersByTime(seconds * 1000);
        return 'hashed';
      });
    }
    return queue;
  }

  test.each([
    [1, 0.1],
    [2, 0.1],
    [2, 0.45],
    [4, 0.45],
    [4, 1],
  ])(
    'with %i threads and %f seconds per hash, no request waits over five seconds, and almost no capacity is wasted',
    async (count, seconds) => {
      const queue = await queueOf(count, seconds);
      const started = await flood(queue);
      const lastIsDoneAfter = (started.hashes.length * seconds) / count;
      expect(lastIsDoneAfter).toBeLessThanOrEqual(5.001);
      expect(lastIsDoneAfter).toBeGreaterThan(4);
      await endAll(started);
    },
  );

  test('four requests may wait even if hashes are slower than the deadline', async () => {
    const started = await flood(await queueOf(1, 10));
    expect(started.hashes).toHaveLength(1 + 4);
    await endAll(started);
  });
});
