// Passwords that were seen in breaches are the first that anybody tries (NIST SP 800-63B-4 section 3.1.1.2: the
// blocklist). Where they are looked up is one of several back ends behind this contract.

export interface Breach {
  /** How often the password was seen; null where the list does not count. */
  readonly times: number | null;
}

export interface BreachedPasswords {
  /**
   * Null: the password is not known to be breached.
   * @param password after NFC normalisation.
   * @throws {BreachedUnavailableError} when it cannot be told now.
   */
  find(password: string): Promise<Breach | null>;
  close(): Promise<void>;
}

/** The back end cannot be reached, or answers nonsense. The password is not in the message. */
export class BreachedUnavailableError extends Error {
  override readonly name = 'BreachedUnavailableError';
}
