// Estimates how hard a password is to guess, with zxcvbn, in one thread outside the event loop. The thread starts with
// the first password and is shared by the whole process. The queue for it is limited.
import { Piscina } from 'piscina';
import { PasswordStrength } from '../../../policy/password-policy.ts';
import { HashingQueue } from '../hashing-queue.ts';
import type { Estimate } from './thread.ts';

const thread = new Piscina({
  filename: new URL('thread.ts', import.meta.url).href,
  minThreads: 0,
  maxThreads: 1,
  idleTimeout: Number.POSITIVE_INFINITY,
  recordTiming: false,
});
const queue = new HashingQueue(1, 0.1);

export interface Strength {
  readonly level: PasswordStrength;
  readonly warning: string | null;
  readonly suggestions: readonly string[];
}

const LEVELS = [
  PasswordStrength.NONE,
  PasswordStrength.NONE,
  PasswordStrength.LOW,
  PasswordStrength.MEDIUM,
  PasswordStrength.HIGH,
] as const;

/**
 * @param words words that an attacker would try first for this user.
 * @param through the queue. Tests pass their own.
 * @throws {OverloadedError}
 */
export async function strengthOf(
  password: string,
  words: readonly string[],
  through: HashingQueue = queue,
): Promise<Strength> {
  const run = (): Promise<Estimate> => thread.run({ password, words }, { name: 'estimate' });
  const { score, warning, suggestions } = await through.run(run);
  return { level: LEVELS[score], warning, suggestions };
}
