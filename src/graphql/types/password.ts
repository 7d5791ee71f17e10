// The requirements for a new password, and what is wrong with one.
import {
  CharacterClass,
  type PasswordPolicy,
  type PasswordProblem,
  PasswordRule,
  PasswordStrength,
} from '../../policy/password-policy.ts';
import { builder } from '../builder.ts';
import { describedEnum } from './described-enum.ts';

export const PasswordStrengthEnum = describedEnum<PasswordStrength>(
  'PasswordStrength',
  'How hard a password is to guess, as estimated by zxcvbn.',
  {
    [PasswordStrength.NONE]: 'Fewer than 10⁶ guesses. As a password policy: no minimum strength.',
    [PasswordStrength.LOW]: 'At least 10⁶ guesses: resists online guessing.',
    [PasswordStrength.MEDIUM]: 'At least 10⁸ guesses: resists online guessing with a wide margin.',
    [PasswordStrength.HIGH]:
      'At least 10¹⁰ guesses: resists offline guessing of a stolen hash for a long time.',
  },
);

export const CharacterClassEnum = describedEnum<CharacterClass>(
  'CharacterClass',
  'A class of characters that a password must contain. NIST SP 800-63B-4 section 3.1.1.2 forbids such rules because they make passwords predictable.',
  {
    [CharacterClass.LOWERCASE]: 'A lower-case letter in any script.',
    [CharacterClass.UPPERCASE]: 'An upper-case letter in any script.',
    [CharacterClass.DIGIT]: 'A decimal digit in any script.',
    [CharacterClass.SYMBOL]: 'A character that is neither a letter nor a digit. A space counts as a symbol.',
  },
);

export const PasswordPolicyType = builder.objectRef<PasswordPolicy>('PasswordPolicy').implement({
  description: 'The requirements for a new password (NIST SP 800-63B-4 section 3.1.1).',
  fields: (t) => ({
    minimumLength: t.exposeInt('minimumLength', {
      description:
        'The minimum length in Unicode code points, after NFC normalization. It is higher where users may sign in with a password alone.',
    }),
    maximumLength: t.exposeInt('maximumLength', {
      description: 'The maximum length in Unicode code points, after NFC normalization.',
    }),
    strength: t.field({
      type: PasswordStrengthEnum,
      description: 'The minimum strength. `NONE` means that there is no minimum.',
      resolve: (it) => it.strength,
    }),
    characters: t.field({
      type: [CharacterClassEnum],
      description:
        'The classes of characters that a password must contain. Empty unless the tenant has configured some.',
      resolve: (it) => [...it.characters],
    }),
  }),
});

const PasswordRuleEnum = describedEnum<PasswordRule>(
  'PasswordRule',
  'A rule of the password policy that a password can break.',
  {
    [PasswordRule.TOO_SHORT]: 'The password has fewer code points than `minimumLength`.',
    [PasswordRule.TOO_LONG]: 'The password has more code points than `maximumLength`.',
    [PasswordRule.LOWERCASE_MISSING]: 'The password has no lower-case letter.',
    [PasswordRule.UPPERCASE_MISSING]: 'The password has no upper-case letter.',
    [PasswordRule.DIGIT_MISSING]: 'The password has no digit.',
    [PasswordRule.SYMBOL_MISSING]: 'The password has no symbol.',
    [PasswordRule.BREACHED]: 'The password appears in known data breaches.',
    [PasswordRule.TOO_WEAK]: 'The password is easier to guess than the minimum `strength`.',
  },
);

export const PasswordProblemType = builder.objectRef<PasswordProblem>('PasswordProblem').implement({
  description: 'A rule that a password breaks, and how to fix it.',
  fields: (t) => ({
    rule: t.field({
      type: PasswordRuleEnum,
      description: 'The rule that the password breaks.',
      resolve: (it) => it.rule,
    }),
    message: t.exposeString('message', {
      description: 'What is wrong with the password and how to fix it, in English. The wording can change.',
    }),
    suggestions: t.stringList({
      description: 'English suggestions for a stronger password. Empty unless `rule` is `TOO_WEAK`.',
      resolve: (it) => [...it.suggestions],
    }),
    timesSeen: t.exposeInt('timesSeen', {
      nullable: true,
      description:
        'The minimum number of times that a breached password was found in data breaches. Null if it was not counted.',
    }),
  }),
});
