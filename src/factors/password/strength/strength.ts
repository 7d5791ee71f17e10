// How hard a password is to guess, by zxcvbn, in one thread beside the event loop. The thread starts with the first
// password and serves the whole process; no more wait for it than can be served in time.
import { Piscina } from 'piscina';
import { PasswordStrength } from '../../../policy/password-policy.ts';
import { Lanes } from '../lanes.ts';
import type { Estimate } from './thread.ts';

const thread = new Piscina({
  filename: new URL('thread.ts', import.meta.url).href,
  minThreads: 0,
  maxThreads: 1,
  idleTimeout: Number.POSITIVE_INFINITY,
  recordTiming: false,
});
const lane = new Lanes(1, 0.1);

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
 * @param words that a guesser would try first for this user.
 * @param through which all wait, unless a test has its own.
 * @throws {OverloadedError}
 */
export async function strengthOf(
  password: string,
  words: readonly string[],
  through: Lanes = lane,
): Promise<Strength> {
  const run = (): Promise<Estimate> => thread.run({ password, words }, { name: 'estimate' });
  const { score, warning, suggestions } = await through.run(run);
  return { level: LEVELS[score], warning, suggestions };
}
