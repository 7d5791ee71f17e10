// The threads that hash passwords. libuv's pool is not used: it has four threads on any machine, which files, DNS and
// WebCrypto need too. Threads start on demand and are shared by the whole process.
import { availableParallelism } from 'node:os';
import { Piscina } from 'piscina';
import type { compare, hash, verifyLegacy } from './thread.ts';

/** The number of threads that can run in parallel on this machine. */
export const HASHING_THREADS = availableParallelism();

const threads = new Piscina({
  filename: new URL('thread.ts', import.meta.url).href,
  minThreads: 0,
  maxThreads: HASHING_THREADS,
  idleTimeout: Number.POSITIVE_INFINITY,
  recordTiming: false,
});

/** The tasks of a thread. */
export const hashing = {
  /** Makes a bcrypt hash. */
  hash: (task: Parameters<typeof hash>[0]): Promise<string> => threads.run(task, { name: 'hash' }),
  /** Checks a bcrypt hash. */
  compare: (task: Parameters<typeof compare>[0]): Promise<boolean> => threads.run(task, { name: 'compare' }),
  /** Checks a hash of another system. */
  verifyLegacy: (task: Parameters<typeof verifyLegacy>[0]): Promise<boolean> =>
    threads.run(task, { name: 'verifyLegacy' }),
};
