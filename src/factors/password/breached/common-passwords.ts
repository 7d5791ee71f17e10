// A built-in list of the most common passwords, which is always available. It has no counts.
import { dictionary } from '@zxcvbn-ts/language-common';
import { LEAST_MINIMUM_LENGTH } from '../../../policy/password-policy.ts';
import type { Breach, BreachedPasswords } from './breached.ts';

const COMMON: Breach = { times: null };

/** Shorter passwords are never allowed. All entries are in lower case. */
const PASSWORDS: ReadonlySet<string> = new Set(
  dictionary['passwords-common'].filter((password) => [...password].length >= LEAST_MINIMUM_LENGTH),
);

export class CommonPasswords implements BreachedPasswords {
  /** Ignores case, because attackers try common passwords in capitals too. */
  async find(password: string): Promise<Breach | null> {
    return PASSWORDS.has(password.toLowerCase()) ? COMMON : null;
  }

  async close(): Promise<void> {}
}
