// Threads in which passwords are hashed. Not libuv's: it has four, whatever the machine, and files, DNS and WebCrypto
// wait for them too. They start when they are needed and serve the whole process.
import { availableParallelism } from 'node:os';
import { Piscina } from 'piscina';
import type { compare, hash, verifyForeign } from './thread.ts';

/** As many as can work at a time. */
export const HASHING_THREADS = availableParallelism();

const threads = new Piscina({
  filename: new URL('thread.ts', import.meta.url).href,
  minThreads: 0,
  maxThreads: HASHING_THREADS,
  idleTimeout: Number.POSITIVE_INFINITY,
  recordTiming: false,
});

/** What a thread does for a hasher. */
export const hashing = {
  /** bcrypt. */
  hash: (task: Parameters<typeof hash>[0]): Promise<string> => threads.run(task, { name: 'hash' }),
  /** bcrypt. */
  compare: (task: Parameters<typeof compare>[0]): Promise<boolean> => threads.run(task, { name: 'compare' }),
  /** Whatever another system hashed with. */
  verifyForeign: (task: Parameters<typeof verifyForeign>[0]): Promise<boolean> =>
    threads.run(task, { name: 'verifyForeign' }),
};
