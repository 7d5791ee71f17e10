// Attackers first try passwords from known breaches, so they are blocked (the blocklist of NIST SP 800-63B-4 section
// 3.1.1.2). This is the interface of the services that look them up.

export interface Breach {
  /** How often the password was seen. Null when the list has no counts. */
  readonly times: number | null;
}

export interface BreachedPasswords {
  /**
   * Null when the password is not known to be breached.
   *
   * @param password the password after NFC normalisation.
   * @throws {BreachedUnavailableError} when the service cannot answer now.
   */
  find(password: string): Promise<Breach | null>;
  close(): Promise<void>;
}

/** The service cannot be reached, or its answer is invalid. The message does not contain the password. */
export class BreachedUnavailableError extends Error {
  override readonly name = 'BreachedUnavailableError';
}
