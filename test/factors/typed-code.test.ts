// Codes are accepted as people type them and as messengers format them, in any script.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isGuessable } from '../../src/factors/backup-codes/code-value.ts';
import { identifier } from '../../src/factors/identifier.ts';
import { parseNumber } from '../../src/factors/phone/number.ts';
import { readCode } from '../../src/factors/typed-code.ts';
import { startTestApp, type TestApp } from '../harness/app.ts';
import { PASSWORD, TestClient } from '../harness/client.ts';

const inDigits = (zero: number, text: string): string =>
  text.replaceAll(/\d/g, (digit) => String.fromCodePoint(zero + Number(digit)));

/** Different ways to type the same digits. */
const WAYS: readonly [string, (digits: string) => string][] = [
  ['with a hyphen', (code) => `${code.slice(0, 3)}-${code.slice(3)}`],
  ['with an en dash', (code) => `${code.slice(0, 3)}\u2013${code.slice(3)}`],
  ['with a minus sign', (code) => `${code.slice(0, 3)}\u2212${code.slice(3)}`],
  ['with a no-break space', (code) => `${code.slice(0, 3)}\u00a0${code.slice(3)}`],
  ['with a line break', (code) => `${code}\r\n`],
  ['in full width', (code) => inDigits(0xff10, code)],
  [
    'in full width, with a full-width hyphen',
    (code) => inDigits(0xff10, `${code.slice(0, 3)}\uff0d${code.slice(3)}`),
  ],
  ['in Arabic-Indic digits', (code) => inDigits(0x660, code)],
  ['in Persian digits', (code) => inDigits(0x6f0, code)],
  ['in Devanagari digits', (code) => inDigits(0x966, code)],
  ['in Bengali digits', (code) => inDigits(0x9e6, code)],
  ['in Thai digits', (code) => inDigits(0xe50, code)],
  ['in mathematical bold digits', (code) => inDigits(0x1d7ce, code)],
  ['with a zero-width space before it', (code) => `\u200b${code}`],
  ['with direction marks around it', (code) => `\u200e${code}\u200f`],
  ['in a directional isolate', (code) => `\u2068${code}\u2069`],
  ['with a soft hyphen and a byte order mark', (code) => `\ufeff${code.slice(0, 3)}\u00ad${code.slice(3)}`],
];

test.each(WAYS)('a code typed %s is accepted', (_way, write) => {
  expect(readCode(write('123456'))).toBe('123456');
  expect(readCode(write('098007'))).toBe('098007');
});

test('every decimal digit of Unicode is converted to its value', () => {
  let digits = 0;
  let expected = 0;
  for (let codePoint = 0; codePoint <= 0x10ffff; codePoint += 1) {
    const character = String.fromCodePoint(codePoint);
    if (!/^\p{Nd}$/u.test(character)) {
      if (expected !== 0) expect.fail(`The digits before U+${codePoint.toString(16)} are not ten in a row`);
      continue;
    }
    if (readCode(character) !== String(expected)) expect.fail(`U+${codePoint.toString(16)} is ${expected}`);
    expected = (expected + 1) % 10;
    digits += 1;
  }
  expect(digits).toBeGreaterThan(600);
});

test.each(['12345', '1234567', '12345a', '½23456', '12345Ⅵ', '', '---', '12.345.6', '+123456'])(
  '%j does not count as 123456',
  (text) => expect(readCode(text)).not.toBe('123456'),
);

describe('a phone number', () => {
  const NUMBER = '+14155552671';
  test.each([
    ['with a full-width plus', '\uff0b14155552671'],
    ['in full width', '\uff0b\uff11\uff14\uff11\uff15\uff15\uff15\uff15\uff12\uff16\uff17\uff11'],
    ['in Arabic-Indic digits', `+${inDigits(0x660, '14155552671')}`],
    ['in Devanagari digits', `+${inDigits(0x966, '14155552671')}`],
    ['with the direction marks of a contact card', '\u202a+1 (415) 555-2671\u202c'],
    ['in a directional isolate', '\u2068+1\u00a0415\u2011555\u20112671\u2069'],
    ['with a zero-width space before it', '\u200b+14155552671'],
  ])('is accepted %s', (_way, text) => {
    expect(parseNumber(text)?.number).toBe(NUMBER);
    expect(identifier.safeParse(text).data).toEqual({ kind: 'PHONE', value: NUMBER });
  });
});

describe('over the API,', () => {
  let app: TestApp;
  let client: TestClient;
  beforeAll(async () => {
    app = await startTestApp();
    client = new TestClient(app);
  });
  afterAll(() => app[Symbol.asyncDispose]());

  test.each(WAYS)(
    'an email code, a TOTP code and a backup code typed %s are accepted',
    async (_way, write) => {
      const email = `${randomUUID()}@example.com`;
      const started = await client.startSignUp({ email, password: PASSWORD });
      const done = await client.attempt(started.id, { emailCode: write(await client.codeFor(email)) });
      expect(done.status).toBe('COMPLETE');
      const { secret, backupCodes } = await client.enrollTotp(done.session?.accessToken ?? '');
      app.clock.advance(31);
      for (const second of [
        { totp: write(client.totp(secret)) },
        { backupCode: write(backupCodes[0] ?? '') },
      ]) {
        const { id } = await client.startSignIn({ identifier: email });
        await client.attempt(id, { password: PASSWORD });
        expect((await client.attempt(id, second)).status).toBe('COMPLETE');
      }
    },
  );
});

test.each([
  ['123456', true],
  ['12345678', true],
  ['0123456789012345678', true], // 19 digits: 63 bits
  ['01234567890123456789', false],
  ['0123-4567-89AB-CDE', true], // 15 hexadecimal digits: 60 bits
  ['0123-4567-89AB-CDEF', false],
  ['abcdefghjkmn', true], // 12 of 32 symbols: 60 bits
  ['abcdefghjkmnp', false],
  ['a1b2-c3d4', true],
])('an imported backup code %s is throttled: %s', (code, guessable) => {
  expect(isGuessable(code)).toBe(guessable);
});
