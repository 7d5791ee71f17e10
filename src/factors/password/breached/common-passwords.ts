// The passwords that everybody tries first: a list that we bring, so that it is there whatever else is not. It does not
// say how often each was seen.
import { dictionary } from '@zxcvbn-ts/language-common';
import { LEAST_MINIMUM_LENGTH } from '../../../policy/password-policy.ts';
import type { Breach, BreachedPasswords } from './breached.ts';

const COMMON: Breach = { times: null };

export class CommonPasswords implements BreachedPasswords {
  // Shorter ones can be no password here. All are in lower case.
  readonly #passwords = new Set(
    dictionary['passwords-common'].filter((password) => [...password].length >= LEAST_MINIMUM_LENGTH),
  );

  /** Whoever tries a common password tries it in capitals too. */
  async find(password: string): Promise<Breach | null> {
    return this.#passwords.has(password.toLowerCase()) ? COMMON : null;
  }

  async close(): Promise<void> {}
}
