// Phone numbers: what is taken for one, and how it is kept and shown.
import { describe, expect, test } from 'vitest';
import { maskNumber, parseNumber } from '../../../src/factors/phone/number.ts';

describe('a number is read as people write it, and kept in E.164 form', () => {
  test.each([
    ['+14155552671', '+14155552671', 'US'],
    ['+1 (415) 555-2671', '+14155552671', 'US'],
    [' +1.415.555.2671 ', '+14155552671', 'US'],
    ['+1 613 555 0123', '+16135550123', 'CA'],
    ['+1 876 555 0123', '+18765550123', 'JM'],
    ['+49 151 12345678', '+4915112345678', 'DE'],
  ])('%s', (text, number, country) => {
    expect(parseNumber(text)).toEqual({ number, country });
  });
});

describe('and refused when it is none that a person gets a message at', () => {
  test.each([
    ['without its country', '415 555 2671'],
    ['with the prefix of one country’s exchanges', '001 415 555 2671'],
    ['too short', '+1415555'],
    ['too long', '+1415555267100000'],
    ['a premium rate', '+19005550123'],
    ['toll-free', '+18005550123'],
    ['with an extension', '+14155552671;ext=3'],
    ['of no country', '+99955512345'],
    ['a word', 'jane'],
    ['empty', ''],
    ['letters', '+1415CALLNOW'],
    ['two numbers', '+14155552671,+14155552672'],
    ['a line break and a header', '+14155552671\r\nTo: +14155552672'],
  ])('%s', (_what, text) => {
    expect(parseNumber(text)).toBeNull();
  });
});

test('shown as its country’s code and its last two digits', () => {
  expect(maskNumber('+14155552671')).toBe('+1 ••••••••71');
  expect(maskNumber('+4915112345678')).toBe('+49 •••••••••78');
});
