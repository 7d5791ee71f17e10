// The rules for a new password (NIST SP 800-63B-4 section 3.1.1.2). Length is counted in Unicode code points after NFC
// normalisation, so that an emoji is one character, not two.
import { SecondFactorPolicy } from './required-factors.ts';

/**
 * How hard a password is to guess, on the scale of zxcvbn. LOW, MEDIUM and HIGH mean at least 10^6, 10^8 and 10^10
 * guesses.
 */
export const PasswordStrength = { NONE: 'NONE', LOW: 'LOW', MEDIUM: 'MEDIUM', HIGH: 'HIGH' } as const;
export type PasswordStrength = (typeof PasswordStrength)[keyof typeof PasswordStrength];

/** Composition rules. NIST advises against all of them: they make passwords predictable, not strong. */
export const CharacterClass = {
  LOWERCASE: 'LOWERCASE',
  UPPERCASE: 'UPPERCASE',
  DIGIT: 'DIGIT',
  SYMBOL: 'SYMBOL',
} as const;
export type CharacterClass = (typeof CharacterClass)[keyof typeof CharacterClass];

/** The settings of a tenant. */
export interface PasswordSettings {
  /** Applies where every user needs a second factor. */
  readonly minimumLength: number;
  /** Applies where a user may sign in with a password alone. */
  readonly minimumLengthAlone: number;
  readonly strength: PasswordStrength;
  readonly characters: readonly CharacterClass[];
}

/** The rules that follow from the settings, for every user of the tenant. */
export interface PasswordPolicy {
  readonly minimumLength: number;
  readonly maximumLength: number;
  readonly strength: PasswordStrength;
  readonly characters: readonly CharacterClass[];
}

/**
 * The least that a tenant may set (NIST SP 800-63B-4 section 3.1.1.2), and the most that people can be expected to
 * type.
 */
export const LEAST_MINIMUM_LENGTH = 8;
export const MOST_MINIMUM_LENGTH = 64;
export const MAXIMUM_LENGTH = 256;

const LENIENT = {
  minimumLength: 8,
  minimumLengthAlone: 8,
  strength: PasswordStrength.LOW,
  characters: [],
} as const;

export const PasswordPreset = {
  /**
   * The default for new tenants (NIST SP 800-63B-4 section 3.1.1.2): 15 characters where the password is the only
   * factor, and no composition rules.
   */
  NIST: { minimumLength: 8, minimumLengthAlone: 15, strength: PasswordStrength.LOW, characters: [] },
  /** What most services require. */
  LENIENT,
  /** An older name for LENIENT, from when it was the default for new tenants. */
  DEFAULT: LENIENT,
} as const satisfies Record<string, PasswordSettings>;
export type PasswordPreset = keyof typeof PasswordPreset;

/** A password may be the only factor unless every user needs a second one. */
export function passwordPolicy(settings: PasswordSettings, secondFactor: SecondFactorPolicy): PasswordPolicy {
  const { minimumLength, minimumLengthAlone, strength, characters } = settings;
  const mayStandAlone = secondFactor !== SecondFactorPolicy.REQUIRED;
  return {
    minimumLength: mayStandAlone ? minimumLengthAlone : minimumLength,
    maximumLength: MAXIMUM_LENGTH,
    strength,
    characters,
  };
}

export const PasswordRule = {
  TOO_SHORT: 'TOO_SHORT',
  TOO_LONG: 'TOO_LONG',
  LOWERCASE_MISSING: 'LOWERCASE_MISSING',
  UPPERCASE_MISSING: 'UPPERCASE_MISSING',
  DIGIT_MISSING: 'DIGIT_MISSING',
  SYMBOL_MISSING: 'SYMBOL_MISSING',
  BREACHED: 'BREACHED',
  TOO_WEAK: 'TOO_WEAK',
} as const;
export type PasswordRule = (typeof PasswordRule)[keyof typeof PasswordRule];

/** A rule that a password does not meet. */
export interface PasswordProblem {
  readonly rule: PasswordRule;
  /** What is wrong and how to fix it. */
  readonly message: string;
  /** How often the password appears in known breaches. Null where that is not known. */
  readonly timesSeen: number | null;
  readonly suggestions: readonly string[];
}

export function problem(rule: PasswordRule, message: string): PasswordProblem {
  return { rule, message, timesSeen: null, suggestions: [] };
}

export function normalisePassword(password: string): string {
  return password.normalize('NFC');
}

const CHARACTERS: Readonly<Record<CharacterClass, { readonly form: RegExp; readonly words: string }>> = {
  LOWERCASE: { form: /\p{Ll}/u, words: 'a lower-case letter' },
  UPPERCASE: { form: /\p{Lu}/u, words: 'an upper-case letter' },
  DIGIT: { form: /\p{Nd}/u, words: 'a digit' },
  // Any character that is not a letter, a mark or a digit. A space counts.
  SYMBOL: { form: /[^\p{L}\p{M}\p{Nd}]/u, words: 'a symbol' },
};

/** The problems that show from the password itself, without a list of common or breached passwords. */
export function formProblems(password: string, policy: PasswordPolicy): PasswordProblem[] {
  const normal = normalisePassword(password);
  const { length } = [...normal];
  const { minimumLength, maximumLength, characters } = policy;
  if (length > maximumLength) {
    return [problem('TOO_LONG', `The password is too long: choose at most ${maximumLength} characters.`)];
  }
  const short =
    length < minimumLength
      ? [problem('TOO_SHORT', `The password is too short: choose at least ${minimumLength} characters.`)]
      : [];
  const missing = characters
    .filter((one) => !CHARACTERS[one].form.test(normal))
    .map((one) => problem(`${one}_MISSING`, `The password needs ${CHARACTERS[one].words}.`));
  return [...short, ...missing];
}
