// What a new password must be like, and what is wrong with one.
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
  'How hard a password is to guess, as zxcvbn estimates it.',
  {
    [PasswordStrength.NONE]: 'Fewer than 10⁶ guesses: weak, or no demand at all.',
    [PasswordStrength.LOW]: '10⁶ guesses or more: withstands guessing at the sign-in.',
    [PasswordStrength.MEDIUM]: '10⁸ guesses or more.',
    [PasswordStrength.HIGH]: '10¹⁰ guesses or more: withstands guessing at a stolen hash for long.',
  },
);

export const CharacterClassEnum = describedEnum<CharacterClass>(
  'CharacterClass',
  'A rule of composition. NIST SP 800-63B-4 section 3.1.1.2 forbids them: they make passwords predictable, not strong.',
  {
    [CharacterClass.LOWERCASE]: 'A lower-case letter, of any script.',
    [CharacterClass.UPPERCASE]: 'An upper-case letter, of any script.',
    [CharacterClass.DIGIT]: 'A decimal digit, of any script.',
    [CharacterClass.SYMBOL]: 'A character that is neither a letter nor a digit. A space is one.',
  },
);

export const PasswordPolicyType = builder.objectRef<PasswordPolicy>('PasswordPolicy').implement({
  description: 'What a new password must be like (NIST SP 800-63B-4 section 3.1.1).',
  fields: (t) => ({
    minimumLength: t.exposeInt('minimumLength', {
      description:
        'In code points, after NFC normalisation. Longer where a password may be all that is proved.',
    }),
    maximumLength: t.exposeInt('maximumLength', { description: 'In code points, after NFC normalisation.' }),
    strength: t.field({
      type: PasswordStrengthEnum,
      description: 'How hard it must be to guess, at least.',
      resolve: (it) => it.strength,
    }),
    characters: t.field({
      type: [CharacterClassEnum],
      description: 'What it must contain; nothing, unless the tenant insists.',
      resolve: (it) => [...it.characters],
    }),
  }),
});

const PasswordRuleEnum = describedEnum<PasswordRule>('PasswordRule', 'A rule that a password can break.', {
  [PasswordRule.TOO_SHORT]: 'It has fewer code points than `minimumLength`.',
  [PasswordRule.TOO_LONG]: 'It has more code points than `maximumLength`.',
  [PasswordRule.LOWERCASE_MISSING]: 'It has no lower-case letter.',
  [PasswordRule.UPPERCASE_MISSING]: 'It has no upper-case letter.',
  [PasswordRule.DIGIT_MISSING]: 'It has no digit.',
  [PasswordRule.SYMBOL_MISSING]: 'It has no symbol.',
  [PasswordRule.BREACHED]: 'It is known from breaches of other services.',
  [PasswordRule.TOO_WEAK]: 'It is easier to guess than `strength` asks for.',
});

export const PasswordProblemType = builder.objectRef<PasswordProblem>('PasswordProblem').implement({
  description: 'A rule that a password breaks, and how to mend it.',
  fields: (t) => ({
    rule: t.field({
      type: PasswordRuleEnum,
      description: 'Which one, for programs.',
      resolve: (it) => it.rule,
    }),
    message: t.exposeString('message', { description: 'What is wrong and what to do, for people.' }),
    suggestions: t.stringList({
      description: 'What would make a weak password stronger.',
      resolve: (it) => [...it.suggestions],
    }),
    timesSeen: t.exposeInt('timesSeen', {
      nullable: true,
      description: 'How often a breached password was seen, at least; null where that is not counted.',
    }),
  }),
});
