// The rules of each system's form: a hash that is altered or of another kind is rejected, and never repeated.
import { createHash } from 'node:crypto';
import { hashSync } from 'bcrypt';
import { describe, expect, test } from 'vitest';
import { clerkHash } from '../../../../src/factors/password/legacy-hash/clerk.ts';
import { fusionAuthHash } from '../../../../src/factors/password/legacy-hash/fusionauth.ts';
import { hashOfPlainText } from '../../../../src/factors/password/legacy-hash/plain-text.ts';
import { LegacyHashError } from '../../../../src/factors/password/legacy-hash/scheme.ts';
import { readLegacyHash } from '../../../../src/factors/password/legacy-hash/schemes.ts';
import { wordPressText } from '../../../../src/factors/password/legacy-hash/wordpress.ts';

const BCRYPT = hashSync('password', 4);
const PHPASS = '$P$9IQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0'; // of test12345
const base64 = (hex: string): string => Buffer.from(hex, 'hex').toString('base64');

function refused(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    expect(error).toBeInstanceOf(LegacyHashError);
    return (error as Error).message;
  }
  throw new Error('The hash was accepted.');
}

describe('a hash of ASP.NET Identity', () => {
  const header = '01000000010000271000000010';
  const [salt, hash] = ['11'.repeat(16), '22'.repeat(32)];
  test.each([
    ['another digest', `0100000003${header.slice(10)}${salt}${hash}`],
    ['a salt longer than the hash', `${header.slice(0, 18)}0000ffff${salt}${hash}`],
    ['a salt that leaves no hash', `${header.slice(0, 18)}00000030${salt}${hash}`],
    ['a header alone', header],
    ['half a header', header.slice(0, 12)],
    ['a hash of eight bytes', `${header}${salt}${hash.slice(0, 16)}`],
    ['no salt', `${header.slice(0, 18)}00000000${hash}`],
    ['excessive rounds', `010000000 1ffffffff00000010${salt}${hash}`.replace(' ', '')],
  ])('is rejected with %s', (_what, hex) => {
    const text = base64(hex);
    expect(refused(() => readLegacyHash(text))).not.toContain(text.slice(-12));
  });
  test('of version 2 has exactly 49 bytes', () => {
    const bytes = `00${'11'.repeat(48)}`;
    expect(readLegacyHash(base64(bytes)).scheme).toBe('pbkdf2-sha1');
    for (const hex of [bytes.slice(2), `${bytes}11`, `02${bytes.slice(2)}`])
      refused(() => readLegacyHash(base64(hex)));
  });
});

describe('a hash of WordPress', () => {
  test('trims the password, unlike phpass of other systems', () => {
    expect(readLegacyHash(wordPressText(PHPASS)).verify(' test12345\n')).toBe(true);
    expect(readLegacyHash(PHPASS).verify(' test12345\n')).toBe(false);
    expect(readLegacyHash(wordPressText(PHPASS)).verify('test 12345')).toBe(false);
  });
  test.each([
    ['only the prefix $wp', '$wp$'],
    ['truncated bcrypt', `$wp${BCRYPT.slice(0, -1)}`],
    [
      'another scheme',
      '$wp$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4',
    ],
    ['truncated phpass', `$wp${PHPASS.slice(0, -1)}`],
  ])('is rejected with %s', (_what, text) => {
    refused(() => readLegacyHash(text));
  });
  test('is not a plain bcrypt hash', () => {
    expect(readLegacyHash(`$wp${BCRYPT}`).verify('password')).toBe(false);
    expect(readLegacyHash(wordPressText(BCRYPT)).verify('password')).toBe(true);
  });
});

describe('a bcrypt pepper', () => {
  test('is added after the password and is required', () => {
    const hash = hashSync('passwordpepper', 4);
    expect(readLegacyHash(`${hash}$pepper`).verify('password')).toBe(true);
    expect(readLegacyHash(`${hash}$peppers`).verify('password')).toBe(false);
    expect(readLegacyHash(hash).verify('password')).toBe(false);
    refused(() => readLegacyHash(`${hash}$`));
    refused(() => readLegacyHash(`${hash.replace('$04$', '$31$')}$pepper`));
  });
});

describe('a hash of Clerk', () => {
  const hex32 = 'ab'.repeat(16);
  test.each([
    ['an unknown hasher', BCRYPT, 'rot13'],
    ['a property of every object', BCRYPT, 'constructor'],
    ['a digest of another hasher', hex32, 'bcrypt'],
    ['a digest of another hasher with a different length', hex32, 'sha256'],
    ['no salt', `$${hex32}`, 'md5_salted'],
    ['a salted digest that is not hex', `salt$${'xy'.repeat(16)}`, 'md5_salted'],
    ['a salted digest of another length', `salt$${hex32}`, 'sha256_salted'],
    ['a salt that is not hex', `pbkdf2_sha512_hex$1500$salt$${'ab'.repeat(64)}`, 'pbkdf2_sha512_hex'],
    ['a salt that is not base64', `pbkdf2_sha256$1500$s.lt$${base64('ab'.repeat(32))}`, 'pbkdf2_sha256'],
    ['a different name in the digest', `pbkdf2_sha1$1500$salt$${'ab'.repeat(64)}`, 'pbkdf2_sha512'],
    ['a wrong length', `pbkdf2_sha1$1500$salt$${'ab'.repeat(20)}$32`, 'pbkdf2_sha1'],
  ])('is rejected with %s', (_what, digest, hasher) => {
    const message = refused(() => clerkHash(digest, hasher));
    expect(message).not.toContain(hex32);
  });
  test('has a base64 salt or a text salt, depending on the hasher', () => {
    const hash = base64('cd'.repeat(32));
    const digest = `pbkdf2_sha256$1500$c2VhIHNhbHQ=$${hash}`;
    const [bytes, text] = ['pbkdf2_sha256', 'pbkdf2_sha256_django'].map((hasher) =>
      clerkHash(digest, hasher),
    );
    expect(bytes).toContain('$c2VhIHNhbHQ$');
    expect(text).toContain(`$${Buffer.from('c2VhIHNhbHQ=').toString('base64').replace(/=+$/, '')}$`);
  });
});

describe('a digest', () => {
  const salt = 'c2FsdA';
  const of = (...parts: readonly string[]): string =>
    createHash('sha256').update(parts.join('')).digest('base64').replace(/=+$/, '');
  test('with a salt on either side accepts only these two forms', () => {
    const read = (hash: string) => readLegacyHash(`$digest$a=sha256,s=either$${salt}$${hash}`);
    expect(
      [of('salt', 'password'), of('password', 'salt'), of('password')].map((it) =>
        read(it).verify('password'),
      ),
    ).toEqual([true, true, false]);
  });
  test.each(['0', '1000001', '-1', '1.5', '01', ''])('of %s rounds is rejected', (rounds) => {
    refused(() => readLegacyHash(`$digest$a=sha256,s=suffix,i=${rounds}$${salt}$${of('x')}`));
  });
  test('applies its rounds', () => {
    const twice = createHash('sha256').update(createHash('sha256').update('passwordsalt').digest()).digest();
    const hash = twice.toString('base64').replace(/=+$/, '');
    const verifies = (i: number) =>
      readLegacyHash(`$digest$a=sha256,s=suffix,i=${i}$${salt}$${hash}`).verify('password');
    expect([1, 2, 3].map(verifies)).toEqual([false, true, false]);
  });
  test.each([
    [999, true],
    [1000, false],
  ])('of %d rounds is fast: %s', (rounds, isFast) => {
    const digest = readLegacyHash(`$digest$a=sha256,i=${rounds}$$${of('x')}`);
    expect(digest.isFast).toBe(isFast);
    const symfony = readLegacyHash(`sha512_symfony$${rounds}$salt$${base64('ab'.repeat(64))}`);
    expect(symfony.isFast).toBe(isFast);
  });
});

describe('a hash of Symfony', () => {
  const hash = base64('ab'.repeat(64));
  test.each([
    ['no rounds', `sha512_symfony$$salt$${hash}`],
    ['none', `sha512_symfony$0$salt$${hash}`],
    ['too many rounds', `sha512_symfony$500001$salt$${hash}`],
    ['invalid base64', 'sha512_symfony$1$salt$a.b'],
    ['another length', `sha512_symfony$1$salt$${hash.slice(0, 40)}`],
    ['no hash', 'sha512_symfony$1$salt'],
  ])('is rejected with %s', (_what, text) => {
    refused(() => readLegacyHash(text));
  });
  test('adds no braces without a salt', () => {
    const made = createHash('sha512').update('password').digest('base64');
    expect(readLegacyHash(`sha512_symfony$1$$${made}`).verify('password')).toBe(true);
  });
});

describe('a hash of Kratos', () => {
  const hash = base64('ab'.repeat(32));
  const pf = (format: string): string => Buffer.from(format).toString('base64');
  test('has the salt on the side that its format says', () => {
    const made = createHash('sha256').update('passwordsalt').digest('base64');
    const text = (format: string) => `$sha256$pf=${pf(format)}$c2FsdA==$${made}`;
    expect(readLegacyHash(text('{PASSWORD}{SALT}')).verify('password')).toBe(true);
    expect(readLegacyHash(text('{SALT}{PASSWORD}')).verify('password')).toBe(false);
    for (const format of ['{SALT}$${PASSWORD}', 'constructor', '{PASSWORD}']) {
      expect(refused(() => readLegacyHash(text(format)))).toContain('A Kratos digest is supported only if');
    }
  });
  test.each([
    ['an N that is not a power of two', `$scrypt$ln=16383,r=8,p=1$${hash}$${hash}`],
    ['an excessive N', `$scrypt$ln=1073741824,r=8,p=1$${hash}$${hash}`],
    ['an HMAC that is not hex', `$hmac-sha256$${hash}$MTIzNDU=`],
    ['an HMAC by MD4', '$hmac-md4$MWQ5ZTI4Nzc2Zjg4YmE2MTQ5YjQ0OTMyOGE4NWU4YjA=$MTIzNDU='],
    ['base64 that is not canonical', `$sha256$pf=${pf('{SALT}{PASSWORD}')}$c2FsdB==$${hash}`],
  ])('is rejected with %s', (_what, text) => {
    refused(() => readLegacyHash(text));
  });
  test('can have `ln` as a logarithm', () => {
    const text = `$scrypt$ln=14,r=8,p=1$${hash.replace('=', '')}$${hash.replace('=', '')}`;
    expect(readLegacyHash(text).text).toContain('$ln=14,');
    expect(readLegacyHash(text.replace('ln=14', 'ln=16384')).text).toContain('$ln=14,');
  });
});

describe('a hash of FusionAuth', () => {
  const parts = { password: base64('ab'.repeat(32)), salt: base64('cd'.repeat(16)), factor: 1500 };
  test.each([
    ['an unknown scheme', { ...parts, encryptionScheme: 'phpass-md5' }],
    ['a property of every object', { ...parts, encryptionScheme: 'toString' }],
    ['a hash that is not base64', { ...parts, password: 'a.b', encryptionScheme: 'salted-sha256' }],
    ['a salt that is not base64', { ...parts, salt: 'a.b', encryptionScheme: 'salted-sha256' }],
    ['a hash of another length', { ...parts, encryptionScheme: 'salted-md5' }],
    ['no rounds', { ...parts, factor: 0, encryptionScheme: 'salted-pbkdf2-hmac-sha256' }],
    ['bcrypt of another length', { ...parts, factor: 10, encryptionScheme: 'bcrypt' }],
  ])('is rejected with %s', (_what, password) => {
    refused(() => readLegacyHash(fusionAuthHash(password)));
  });
  test.each(['phpass-md5', 'toString'])(
    'with the unsupported scheme %s is rejected with a list of the schemes',
    (encryptionScheme) => {
      expect(refused(() => fusionAuthHash({ ...parts, encryptionScheme }))).toContain(
        'must be bcrypt or one of',
      );
    },
  );
  test('has the salt after the password', () => {
    const before = createHash('sha256')
      .update(Buffer.from('cd'.repeat(16), 'hex'))
      .update('password')
      .digest('base64');
    const text = fusionAuthHash({ ...parts, password: before, factor: 1, encryptionScheme: 'salted-sha256' });
    expect(readLegacyHash(text).verify('password')).toBe(false);
  });
});

test('an imported plain-text password becomes a slow hash with its own salt', () => {
  const [one, other] = [hashOfPlainText('password'), hashOfPlainText('password')];
  expect(one).not.toBe(other);
  const hash = readLegacyHash(one);
  expect([hash.isFast, hash.verify('password'), hash.verify('Password')]).toEqual([false, true, false]);
});
