// A TOTP secret of another system is imported only if every code that its app shows will be valid here.
import { expect, test } from 'vitest';
import { readTotpSecret } from '../../../src/factors/totp/given-secret.ts';

const SECRET = 'GEZDGNBVGY3TQOJQ'; // 80 bits
const uri = (parameters: string): string => `otpauth://totp/Acme:jane?secret=${SECRET}${parameters}`;

test.each([
  ['as it is', SECRET],
  ['in lower case', SECRET.toLowerCase()],
  ['in groups', 'GEZD GNBV-GY3T\tQOJQ\n'],
  ['in a URI', uri('')],
  ['in a URI with spaces around it', ` ${uri('')}\n`],
  ['in a URI whose scheme and type are in capitals', `OTPAUTH://TOTP/jane?secret=${SECRET}`],
  ['in a URI that says what is usual', uri('&algorithm=SHA1&digits=6&period=30')],
  ['in a URI that names the algorithm as Java does', uri('&algorithm=HmacSHA1')],
  ['in a URI that names the algorithm with a hyphen', uri('&algorithm=sha-1')],
])('a secret is stored in one form when it is given %s', (_how, text) => {
  expect(readTotpSecret(text)).toBe(SECRET);
});

test('base32 padding is not part of a secret', () => {
  expect(readTotpSecret('GEZDGNBVGY3TQOJQGE======')).toBe('GEZDGNBVGY3TQOJQGE');
});

const BASE32 = /must be base32 or an otpauth/;
const BITS = /80 to 512 bits/;
const NO_BYTES = /not valid base32/;
const NO_SECRET = /URI has no secret/;
const only = (what: string): string => `Only TOTP with ${what} is`;

test.each([
  ['nothing', '', BASE32],
  ['a digit that base32 does not have', 'GEZDGNBVGY3TQOJ1', BASE32],
  ['padding in the middle', 'GEZDGNBV=GY3TQOJQ', BASE32],
  ['72 bits', 'A'.repeat(15), BITS],
  ['520 bits', 'A'.repeat(104), BITS],
  // otplib throws at these: each sign-in would fail.
  ['a symbol that makes no byte', `${SECRET}A`, NO_BYTES],
  ['bits beyond the last byte', `${SECRET}BB`, NO_BYTES],
  ['a URI that is none', 'otpauth:', NO_SECRET],
  ['a URI without a secret', 'otpauth://totp/jane', NO_SECRET],
  ['a URI with an empty secret', 'otpauth://totp/jane?secret=', NO_SECRET],
  ['a counter-based secret', `otpauth://hotp/jane?secret=${SECRET}&counter=1`, /counter-based/],
  ['SHA-256', uri('&algorithm=SHA256'), only('the algorithm SHA1')],
  ['an empty algorithm', uri('&algorithm='), only('the algorithm SHA1')],
  ['eight digits', uri('&digits=8'), only('6 digits')],
  ['a minute', uri('&period=60'), only('a period of 30 seconds')],
])('%s is refused, and the message says why', (_what, text, message) => {
  expect(() => readTotpSecret(text)).toThrow(message);
});

test.each([80, 512])('a TOTP secret of %i bits can be imported', (bits) => {
  const secret = 'A'.repeat(Math.ceil(bits / 5));
  expect(readTotpSecret(secret)).toBe(secret);
});
