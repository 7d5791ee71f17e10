// What a new password must be like (NIST SP 800-63B-4 section 3.1.1.2). Length is counted in Unicode code points after
// NFC normalisation, so that nobody is told that an emoji is two characters.
import { SecondFactorPolicy } from './required-factors.ts';

/** How hard a password is to guess, by the levels of zxcvbn: 10^6, 10^8 and 10^10 guesses or more. */
export const PasswordStrength = { NONE: 'NONE', LOW: 'LOW', MEDIUM: 'MEDIUM', HIGH: 'HIGH' } as const;
export type PasswordStrength = (typeof PasswordStrength)[keyof typeof PasswordStrength];

/** Rules of composition. NIST advises against all of them: they make passwords predictable, not strong. */
export const CharacterClass = {
  LOWERCASE: 'LOWERCASE',
  UPPERCASE: 'UPPERCASE',
  DIGIT: 'DIGIT',
  SYMBOL: 'SYMBOL',
} as const;
export type CharacterClass = (typeof CharacterClass)[keyof typeof CharacterClass];

/** What a tenant has settled. */
export interface PasswordSettings {
  /** Where everybody needs a second factor. */
  readonly minimumLength: number;
  /** Where a password may be all that somebody proves. */
  readonly minimumLengthAlone: number;
  readonly strength: PasswordStrength;
  readonly characters: readonly CharacterClass[];
}

/** What follows from them for everybody in the tenant. */
export interface PasswordPolicy {
  readonly minimumLength: number;
  readonly maximumLength: number;
  readonly strength: PasswordStrength;
  readonly characters: readonly CharacterClass[];
}

/** Nobody may ask for less (800-63B-4 section 3.1.1.2), and nobody may ask for more than people can be told to type. */
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
   * What a new tenant gets. 800-63B-4 section 3.1.1.2: 15 characters where the password stands alone, and no rules of
   * composition.
   */
  NIST: { minimumLength: 8, minimumLengthAlone: 15, strength: PasswordStrength.LOW, characters: [] },
  /** What most services ask. */
  LENIENT,
  /** The name of LENIENT from when new tenants got it. */
  DEFAULT: LENIENT,
} as const satisfies Record<string, PasswordSettings>;
export type PasswordPreset = keyof typeof PasswordPreset;

/** A password stands alone wherever somebody may be without a second factor. */
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

/** A rule that a password breaks. */
export interface PasswordProblem {
  readonly rule: PasswordRule;
  /** What is wrong and how to mend it. */
  readonly message: string;
  /** How often a breached password was seen, where that is known. */
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
  // Whatever is none of the others and no letter: a space is one too.
  SYMBOL: { form: /[^\p{L}\p{M}\p{Nd}]/u, words: 'a symbol' },
};

/** What can be seen without knowing which passwords others choose. */
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
