// Phone numbers: which ones are accepted, and how they are stored and shown.
import { describe, expect, test } from 'vitest';
import { maskNumber, parseNumber } from '../../../src/factors/phone/number.ts';

describe('a phone number is accepted as people write it, and stored in E.164 form:', () => {
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

describe('a phone number is rejected', () => {
  test.each([
    ['without its country code', '415 555 2671'],
    ['with a national dialling prefix', '001 415 555 2671'],
    ['when it is too short', '+1415555'],
    ['when it is too long', '+1415555267100000'],
    ['of premium rate', '+19005550123'],
    ['toll-free', '+18005550123'],
    ['with an extension', '+14155552671;ext=3'],
    ['of an unknown country', '+99955512345'],
    ['when it is a word', 'jane'],
    ['empty', ''],
    ['letters', '+1415CALLNOW'],
    ['with a second number', '+14155552671,+14155552672'],
    ['with a line break and a header', '+14155552671\r\nTo: +14155552672'],
  ])('%s', (_what, text) => {
    expect(parseNumber(text)).toBeNull();
  });
});

test('a masked phone number shows its country code and last two digits', () => {
  expect(maskNumber('+14155552671')).toBe('+1 ••••••••71');
  expect(maskNumber('+4915112345678')).toBe('+49 •••••••••78');
});
