// What a new password must be like. Length is counted in Unicode code points after NFC normalisation
// (NIST SP 800-63B-4 section 3.1.1.2), so that nobody is told that an emoji is two characters.

export interface PasswordPolicy {
  readonly minimumLength: number;
  readonly maximumLength: number;
}

export const DEFAULT_PASSWORD_POLICY: PasswordPolicy = { minimumLength: 8, maximumLength: 256 };

export function normalisePassword(password: string): string {
  return password.normalize('NFC');
}

/** Null when the password will do; otherwise what is wrong with it and how to mend that. */
export function passwordDefect(password: string, policy: PasswordPolicy): string | null {
  const length = [...normalisePassword(password)].length;
  if (length < policy.minimumLength) {
    return `The password is too short: choose at least ${policy.minimumLength} characters.`;
  }
  if (length > policy.maximumLength) {
    return `The password is too long: choose at most ${policy.maximumLength} characters.`;
  }
  return null;
}
