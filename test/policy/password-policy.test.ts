// How long a password is: in code points after NFC (NIST SP 800-63B-4 section 3.1.1.2).
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  DEFAULT_PASSWORD_POLICY,
  normalisePassword,
  passwordDefect,
} from '../../src/policy/password-policy.ts';

const policy = { minimumLength: 3, maximumLength: 6 };
const codePoint = fc.string({ unit: 'binary', minLength: 1, maxLength: 1 });
/** Characters that NFC leaves alone, one, two and more bytes long. */
const character = fc.constantFrom('a', ' ', 'é', 'ß', '漢', '😀', '𝕊');

describe('the length of a password', () => {
  test('decides, and neither bytes nor UTF-16 units are counted', () => {
    fc.assert(
      fc.property(fc.array(character, { maxLength: 9 }), (characters) => {
        const defect = passwordDefect(characters.join(''), policy);
        expect(defect === null).toBe(characters.length >= 3 && characters.length <= 6);
        if (characters.length < 3) expect(defect).toContain('at least 3');
        if (characters.length > 6) expect(defect).toContain('at most 6');
      }),
    );
  });

  test('is the same however its letters are spelt', () => {
    fc.assert(
      fc.property(fc.array(codePoint, { maxLength: 9 }), (points) => {
        const text = points.join('');
        const verdicts = ['NFC', 'NFD'].map((form) => passwordDefect(text.normalize(form), policy));
        expect(verdicts[0]).toBe(verdicts[1]);
      }),
    );
    expect(passwordDefect('e\u0301e\u0301', policy)).toContain('at least 3');
  });

  test('is between 8 and 256 unless somebody says otherwise, as NIST demands', () => {
    const { minimumLength, maximumLength } = DEFAULT_PASSWORD_POLICY;
    expect(minimumLength).toBeGreaterThanOrEqual(8);
    expect(maximumLength).toBeGreaterThanOrEqual(64);
    const verdict = (length: number) => passwordDefect('😀'.repeat(length), DEFAULT_PASSWORD_POLICY);
    expect([7, 8, 256, 257].map((length) => verdict(length) === null)).toEqual([false, true, true, false]);
  });
});

test('one password typed on two keyboards is one password', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const normal = normalisePassword(text);
      expect(normalisePassword(text.normalize('NFD'))).toBe(normal);
      expect(normalisePassword(normal)).toBe(normal);
    }),
  );
});

test('what is wrong with a password is said without repeating it', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 20, maxLength: 60 }), (text) => {
      expect(passwordDefect(text, policy)).not.toContain(text);
    }),
  );
});
