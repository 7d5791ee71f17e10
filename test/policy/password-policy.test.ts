// The length of a password, in code points after NFC, and the characters that a tenant requires (NIST SP 800-63B-4
// section 3.1.1.2).
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  CharacterClass,
  formProblems,
  LEAST_MINIMUM_LENGTH,
  MAXIMUM_LENGTH,
  MOST_MINIMUM_LENGTH,
  normalisePassword,
  type PasswordPolicy,
  PasswordPreset,
  passwordPolicy,
} from '../../src/policy/password-policy.ts';

const policy: PasswordPolicy = { minimumLength: 3, maximumLength: 6, strength: 'NONE', characters: [] };
const codePoint = fc.string({ unit: 'binary', minLength: 1, maxLength: 1 });
/** Characters of one, two and more bytes that NFC does not change. */
const character = fc.constantFrom('a', ' ', 'é', 'ß', '漢', '😀', '𝕊');

function rules(password: string, of = policy): string[] {
  return formProblems(password, of).map(({ rule }) => rule);
}

describe('the length of a password', () => {
  test('is counted in code points, not in bytes or UTF-16 units', () => {
    fc.assert(
      fc.property(fc.array(character, { maxLength: 9 }), (characters) => {
        const [found, ...others] = formProblems(characters.join(''), policy);
        expect(others).toEqual([]);
        expect(found === undefined).toBe(characters.length >= 3 && characters.length <= 6);
        if (characters.length < 3)
          expect(found).toMatchObject({ rule: 'TOO_SHORT', message: expect.stringContaining('at least 3') });
        if (characters.length > 6)
          expect(found).toMatchObject({ rule: 'TOO_LONG', message: expect.stringContaining('at most 6') });
      }),
    );
  });

  test('is the same for composed and decomposed letters', () => {
    fc.assert(
      fc.property(fc.array(codePoint, { maxLength: 9 }), (points) => {
        const text = points.join('');
        expect(rules(text.normalize('NFC'))).toEqual(rules(text.normalize('NFD')));
      }),
    );
    expect(rules('e\u0301e\u0301')).toEqual(['TOO_SHORT']);
  });

  test.each(Object.entries(PasswordPreset))(
    'must be at least 8 and never more than 64 in the preset %s',
    (_name, settings) => {
      for (const secondFactor of ['OPTIONAL', 'REQUIRED'] as const) {
        const { minimumLength, maximumLength } = passwordPolicy(settings, secondFactor);
        expect(minimumLength).toBeGreaterThanOrEqual(8);
        expect(maximumLength).toBeGreaterThanOrEqual(64);
      }
    },
  );

  test('must be greater where a password may be the only factor', () => {
    const lengths = (preset: keyof typeof PasswordPreset) =>
      (['OPTIONAL', 'REQUIRED'] as const).map(
        (secondFactor) => passwordPolicy(PasswordPreset[preset], secondFactor).minimumLength,
      );
    expect(lengths('DEFAULT')).toEqual([8, 8]);
    expect(lengths('NIST')).toEqual([15, 8]);
    expect(LEAST_MINIMUM_LENGTH).toBe(8);
    expect(MOST_MINIMUM_LENGTH).toBe(64);
    expect(MAXIMUM_LENGTH).toBe(256);
  });
});

describe('composition rules', () => {
  const strict = { ...policy, maximumLength: 40, characters: Object.values(CharacterClass) };

  test.each([
    ['aB3 ', []],
    ['ab3 ', ['UPPERCASE_MISSING']],
    ['AB3!', ['LOWERCASE_MISSING']],
    ['aBc!', ['DIGIT_MISSING']],
    ['aB3c', ['SYMBOL_MISSING']],
    ['   ', ['LOWERCASE_MISSING', 'UPPERCASE_MISSING', 'DIGIT_MISSING']],
    ['жЖ٣🔑', []],
    ['漢字漢字', ['LOWERCASE_MISSING', 'UPPERCASE_MISSING', 'DIGIT_MISSING', 'SYMBOL_MISSING']],
    ['e\u0301E\u03015.', []],
  ])('%s: %j', (password, expected) => {
    expect(rules(password, strict)).toEqual(expected);
  });

  test('are not in any preset', () => {
    for (const { characters } of Object.values(PasswordPreset)) expect(characters).toEqual([]);
  });
});

test('a password is the same when typed on two different keyboards', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const normal = normalisePassword(text);
      expect(normalisePassword(text.normalize('NFD'))).toBe(normal);
      expect(normalisePassword(normal)).toBe(normal);
    }),
  );
});

test('the problems of a password do not contain the password', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 20, maxLength: 60 }), (text) => {
      for (const { message } of formProblems(text, policy)) expect(message).not.toContain(text);
    }),
  );
});
