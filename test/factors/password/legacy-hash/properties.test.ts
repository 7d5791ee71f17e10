// Properties of every imported hash, for any salt, parameters and password.
import { createHash, scryptSync } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { auth0Hash } from '../../../../src/factors/password/legacy-hash/auth0.ts';
import { betterAuthHash } from '../../../../src/factors/password/legacy-hash/better-auth.ts';
import { digestText } from '../../../../src/factors/password/legacy-hash/digest.ts';
import { firebaseHash } from '../../../../src/factors/password/legacy-hash/firebase.ts';
import { keycloakHash } from '../../../../src/factors/password/legacy-hash/keycloak.ts';
import { phcString } from '../../../../src/factors/password/legacy-hash/phc-string.ts';
import { type LegacyHash, LegacyHashError } from '../../../../src/factors/password/legacy-hash/scheme.ts';
import { readLegacyHash } from '../../../../src/factors/password/legacy-hash/schemes.ts';
import { FIREBASE_SAMPLE } from './vectors/identity-systems.ts';
import { VECTORS } from './vectors.ts';

const ODD_PASSWORDS: readonly (readonly [what: string, password: string])[] = [
  ['none', ''],
  ['a NUL', '\0'],
  ['a NUL within', 'pass\0word'],
  ['a lone surrogate', '\ud800'],
  ['surrogates in the wrong order', 'a\udc00\ud800'],
  ['4096 characters', 'x'.repeat(4096)],
  ['4096 of four bytes', '🔐'.repeat(4096)],
  ['a combining mark alone', '\u0301'],
  ['a line break', 'password\n'],
  ['a noncharacter', '\uffff'],
];

const CHEAP = [
  'crypt_blowfish: U*U',
  'Passlib: bcrypt-sha256 of its first version',
  'Passlib: bcrypt-sha256',
  'phc-winner-argon2: argon2i',
  'phc-winner-argon2: argon2id',
  'argon2-jvm: argon2d',
  'Passlib: scrypt in two lanes',
  'Passlib: pbkdf2_sha1',
  'Passlib: pbkdf2_sha256',
  'Passlib: pbkdf2_sha512',
  'Passlib: {SSHA512}',
  'Django: test_md5',
  'Django: test_unsalted_sha1',
  'phpass',
  'RFC 4231 section 4.3',
];

/** One fast hash of each scheme, except two schemes with a fixed cost. */
const QUICK = [
  ...VECTORS.filter(({ name }) => CHEAP.includes(name)),
  {
    name: 'scrypt-nfkc',
    scheme: 'scrypt-nfkc',
    password: 'password',
    text: phcString(
      'scrypt-nfkc',
      { ln: 4, r: 1, p: 1 },
      { salt: Buffer.from('salt'), hash: scryptSync('password', 'salt', 64, { N: 16, r: 1, p: 1 }) },
    ),
  },
];
const FIREBASE = readLegacyHash(firebaseHash(FIREBASE_SAMPLE)).text;

function bytes(minLength: number, maxLength: number): fc.Arbitrary<Buffer> {
  return fc.uint8Array({ minLength, maxLength }).map((array) => Buffer.from(array));
}

const salted = fc.record({ salt: bytes(8, 64), hash: bytes(16, 64) });
const anyLength = fc.record({ salt: bytes(1, 128), hash: bytes(16, 128) });
const base64 = (buffer: Buffer): string => buffer.toString('base64');
/** A salt in the form of Django and Werkzeug. */
const saltText = fc.stringMatching(/^[A-Za-z0-9_-]{1,32}$/);

/** Texts in the forms of their systems. */
const written: fc.Arbitrary<string> = fc.oneof(
  fc
    .tuple(
      fc.constantFrom('argon2id', 'argon2i', 'argon2d'),
      fc.integer({ min: 128, max: 65_536 }),
      fc.integer({ min: 1, max: 16 }),
      fc.integer({ min: 1, max: 16 }),
      salted,
      fc.constantFrom('', 'argon2'),
    )
    .map(([id, m, t, p, parts, prefix]) => prefix + phcString(id, { v: 19, m, t, p }, parts)),
  fc
    .tuple(fc.constantFrom('scrypt', 'scrypt-nfkc'), fc.integer({ min: 1, max: 15 }), salted)
    .map(([id, ln, parts]) => phcString(id, { ln, r: 8, p: 2 }, parts)),
  fc
    .tuple(
      fc.constantFrom('sha1', 'sha224', 'sha256', 'sha384', 'sha512'),
      fc.integer({ min: 1, max: 3_000_000 }),
      salted,
    )
    .map(([digest, i, parts]) => phcString(`pbkdf2-${digest}`, { i, l: parts.hash.length }, parts)),
  fc
    .tuple(fc.integer({ min: 1, max: 3_000_000 }), saltText, bytes(32, 32))
    .map(([rounds, salt, hash]) => `pbkdf2_sha256$${rounds}$${salt}$${base64(hash)}`),
  fc
    .tuple(fc.integer({ min: 1, max: 14 }), saltText, bytes(64, 64))
    .map(([ln, salt, hash]) => `scrypt$${2 ** ln}$${salt}$8$1$${base64(hash)}`),
  fc
    .tuple(fc.integer({ min: 1, max: 14 }), saltText, bytes(64, 64))
    .map(([ln, salt, hash]) => `scrypt:${2 ** ln}:8:1$${salt}$${hash.toString('hex')}`),
  fc.tuple(fc.constantFrom('SSHA', 'ssha'), bytes(20, 60)).map(([name, data]) => `{${name}}${base64(data)}`),
  fc.tuple(bytes(0, 64), bytes(64, 64), fc.constantFrom('prefix', 'suffix')).map(([salt, hash, position]) =>
    auth0Hash({
      algorithm: 'sha512',
      hash: { value: hash.toString('base64url'), encoding: 'base64' },
      salt: { value: salt.toString('hex'), encoding: 'hex', position },
      password: { encoding: 'ucs2' },
    }),
  ),
  fc.tuple(bytes(1, 64), bytes(32, 32)).map(([key, hash]) =>
    auth0Hash({
      algorithm: 'hmac',
      hash: {
        value: hash.toString('hex'),
        encoding: 'hex',
        digest: 'sha256',
        key: { value: base64(key), encoding: 'base64' },
      },
    }),
  ),
  fc
    .tuple(bytes(8, 16), bytes(64, 64), bytes(64, 64), bytes(1, 4), fc.integer({ min: 1, max: 14 }))
    .map(([salt, hash, signerKey, saltSeparator, memCost]) => {
      const parts = [hash, salt, signerKey, saltSeparator].map(base64);
      return [...parts, 8, memCost].join('$');
    }),
  fc.constantFrom(...VECTORS.map(({ text }) => text)),
);

describe('the stored text of an imported hash', () => {
  test('parses to itself', () => {
    fc.assert(
      fc.property(written, (text) => {
        const stored = readLegacyHash(text);
        expect(stored.text).toMatch(/^[!-~]{1,1024}$/);
        const again = readLegacyHash(stored.text);
        expect(again.text).toBe(stored.text);
        expect(again.scheme).toBe(stored.scheme);
        expect(again.isFast).toBe(stored.isFast);
      }),
      { numRuns: 500 },
    );
  });

  test.each([
    ['$2y$', '$2y$05$6bNw2HLQYeqHYyBfLMsv/OUcZd0LKP39b87nBw3.S2tVZSqiQX6eu', '$2b$05$'],
    ['$2a$', '$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW', '$2b$05$'],
    ['$H$', '$H$712345678WhEyvy1YWzT4647jzeOmo0', '$P$7'],
    [
      "Django's argon2",
      'argon2$argon2i$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$YC9+jJCrQhs5R6db7LlN8Q',
      '$argon2i$v=19$m=8,',
    ],
    [
      'another order',
      '$argon2i$v=19$p=1,t=1,m=8$c2FsdHNhbHQ$YC9+jJCrQhs5R6db7LlN8Q',
      '$argon2i$v=19$m=8,t=1,p=1$',
    ],
  ])('is the same for every form of a hash: %s', (_how, text, start) => {
    expect(readLegacyHash(text).text).toContain(start);
  });
});

describe('a digest', () => {
  const salt = Buffer.from('sea\0salt');
  const ALGORITHMS = ['md5', 'sha1', 'sha224', 'sha256', 'sha384', 'sha512'];
  const digestOf = (algorithm: string, ...parts: readonly Buffer[]): Buffer =>
    createHash(algorithm).update(Buffer.concat(parts)).digest();

  test.each(ALGORITHMS)('can have its salt before or after the password: %s', (algorithm) => {
    const password = Buffer.from('lètmein');
    const before = digestText({
      algorithm,
      salt,
      position: 'prefix',
      hash: digestOf(algorithm, salt, password),
    });
    const after = digestText({
      algorithm,
      salt,
      position: 'suffix',
      hash: digestOf(algorithm, password, salt),
    });
    for (const text of [before, after]) {
      expect(readLegacyHash(text).verify('lètmein')).toBe(true);
      const swapped = text.includes('prefix')
        ? text.replace('prefix', 'suffix')
        : text.replace('suffix', 'prefix');
      expect(readLegacyHash(swapped).verify('lètmein')).toBe(false);
    }
  });

  test.each(ALGORITHMS)('in LDAP form has its salt after the hash: %s', (algorithm) => {
    const password = Buffer.from('lètmein');
    const name = algorithm === 'sha1' ? 'SHA' : algorithm.toUpperCase();
    const salted = Buffer.concat([digestOf(algorithm, password, salt), salt]).toString('base64');
    const unsalted = digestOf(algorithm, password);
    const texts = [
      `{S${name}}${salted}`,
      `{${name}}${unsalted.toString('base64')}`,
      `{${name}}${unsalted.toString('hex')}`,
    ];
    for (const text of texts) {
      expect(readLegacyHash(text).scheme).toBe(algorithm);
      expect(readLegacyHash(text).verify('lètmein')).toBe(true);
    }
  });

  test('can use the password in UTF-16', () => {
    const hash = digestOf('sha256', salt, Buffer.from('lètmein', 'utf16le')).toString('base64');
    const custom = {
      algorithm: 'sha256',
      hash: { value: hash, encoding: 'base64' },
      salt: { value: salt.toString('base64url'), encoding: 'base64' },
    };
    for (const encoding of ['utf16le', 'ucs2']) {
      const text = auth0Hash({ ...custom, password: { encoding } });
      expect(readLegacyHash(text).verify('lètmein')).toBe(true);
    }
    expect(readLegacyHash(auth0Hash(custom)).verify('lètmein')).toBe(false);
  });
});

test('PBKDF2 with few rounds is marked as fast', () => {
  const fast = [1, 999, 1000].map((i) => {
    const parts = { salt: Buffer.from('salt'), hash: Buffer.alloc(32) };
    return readLegacyHash(phcString('pbkdf2-sha256', { i }, parts)).isFast;
  });
  expect(fast).toEqual([true, true, false]);
});

test('every accepted hash can be computed', () => {
  const small = fc.oneof(
    fc
      .tuple(
        fc.constantFrom('argon2id', 'argon2i', 'argon2d'),
        fc.integer({ min: 8, max: 600 }),
        fc.integer({ min: 1, max: 16 }),
        fc.integer({ min: 1, max: 16 }),
        anyLength,
      )
      .map(([id, m, t, p, parts]) => phcString(id, { v: 19, m, t, p }, parts)),
    fc
      .tuple(
        fc.constantFrom('scrypt', 'scrypt-nfkc'),
        fc.oneof(
          fc.tuple(fc.integer({ min: 1, max: 10 }), fc.integer({ min: 1, max: 8 })),
          fc.constant([1, 4096]),
        ),
        fc.integer({ min: 1, max: 4 }),
        anyLength,
      )
      .map(([id, [ln = 1, r = 1], p, parts]) => phcString(id, { ln, r, p }, parts)),
    fc
      .tuple(
        fc.constantFrom('sha1', 'sha224', 'sha256', 'sha384', 'sha512'),
        fc.integer({ min: 1, max: 50 }),
        anyLength,
      )
      .map(([digest, i, parts]) => phcString(`pbkdf2-${digest}`, { i }, parts)),
  );
  fc.assert(
    fc.property(small, fc.string({ unit: 'binary' }), (text, password) => {
      const hash = read(text);
      fc.pre(hash !== null);
      expect(hash?.verify(password)).toBe(false);
    }),
    { numRuns: 60 },
  );

  function read(text: string): LegacyHash | null {
    try {
      return readLegacyHash(text);
    } catch {
      return null;
    }
  }
});

describe('an unusual password', () => {
  test.each([...QUICK, { name: 'Firebase', text: FIREBASE.replace('ln=14', 'ln=1') }])(
    'is wrong without causing an error: $name',
    ({ text }) => {
      const hash = readLegacyHash(text);
      for (const [what, password] of ODD_PASSWORDS) expect(hash.verify(password), what).toBe(false);
    },
  );

  test.each(ODD_PASSWORDS)('matches its own hash: %s', (_what, password) => {
    const salt = Buffer.from('salt');
    const made = createHash('sha256').update(salt).update(password).digest();
    const text = digestText({ algorithm: 'sha256', salt, position: 'prefix', hash: made });
    expect(readLegacyHash(text).verify(password)).toBe(true);
  });

  test('is not normalised, except for Better Auth', () => {
    const { text } = VECTORS.find(({ name }) => name === 'Django: test_sha1') ?? { text: '' };
    expect(readLegacyHash(text).verify('lètmein')).toBe(true);
    expect(readLegacyHash(text).verify('le\u0300tmein')).toBe(false);
    const betterAuth = VECTORS.find(({ password }) => password === 'ﬁancé — naïve ①');
    expect(readLegacyHash(betterAuth?.text ?? '').verify('fiance\u0301 — nai\u0308ve 1')).toBe(true);
  });
});

describe('an altered hash', () => {
  const altered = [
    ...QUICK.map(({ name, password, text }) => ({ name, password, text: readLegacyHash(text).text })),
    { name: 'Firebase', password: 'user1password', text: FIREBASE },
  ];

  test.each(altered)('is rejected or matches nothing: $name', ({ password, text }) => {
    // The part after the parameters: salt and hash.
    const start = text.startsWith('$P$')
      ? 4
      : text.lastIndexOf('$', text.startsWith('$2') ? undefined : text.lastIndexOf('$') - 1) + 1;
    const place = fc.integer({ min: start, max: text.length - 1 });
    const other = fc.constantFrom(...'./+09AZaz=$,-_ ');
    const numRuns = text === FIREBASE ? 5 : 60;
    fc.assert(
      fc.property(place, other, (at, character) => {
        fc.pre(text.charAt(at) !== character);
        const changed = text.slice(0, at) + character + text.slice(at + 1);
        expect(verifies(changed, password)).toBe(false);
      }),
      { numRuns },
    );
  });

  // The output of these schemes is the start of a longer one, so a half is a valid, but weaker, hash.
  const STRETCHED = /^\$(?:pbkdf2|scrypt)/;

  test.each(altered.filter(({ text }) => !STRETCHED.test(text)))(
    'is rejected or matches nothing when it is truncated: $name',
    ({ password, text }) => {
      for (let length = 0; length < text.length; length += 1) {
        expect(verifies(text.slice(0, length), password)).toBe(false);
      }
    },
  );

  test.each(altered.filter(({ text }) => STRETCHED.test(text)))(
    'is rejected when it is truncated to less than 16 bytes: $name',
    ({ text }) => {
      const start = text.lastIndexOf('$') + 1;
      // 16 bytes are 22 characters of base64.
      for (let length = 0; length < 22; length += 1) {
        expect(() => readLegacyHash(text.slice(0, start + length))).toThrow(LegacyHashError);
      }
    },
  );

  function verifies(text: string, password: string): boolean {
    try {
      return readLegacyHash(text).verify(password);
    } catch (error) {
      expect(error).toBeInstanceOf(LegacyHashError);
      return false;
    }
  }
});

describe('a text that is not a hash', () => {
  /** The message of the rejection, or null. */
  function refusal(read: () => unknown): string | null {
    try {
      read();
      return null;
    } catch (error) {
      expect(error).toBeInstanceOf(LegacyHashError);
      return (error as LegacyHashError).message;
    }
  }

  const begun = fc
    .tuple(
      fc.constantFrom(
        ...VECTORS.map(({ text }) => text),
        '$',
        '{SSHA}',
        '$argon2id$v=19$',
        '$scrypt$ln=',
        '$pbkdf2-sha256$',
        '$digest$a=',
        '$hmac$a=sha1,k=',
      ),
      fc.nat(80),
      fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.stringMatching(/^[$=,:{}A-Za-z0-9+/.]*$/)),
    )
    .map(([text, length, rest]) => text.slice(0, length) + rest);

  test('is rejected without another error', () => {
    fc.assert(
      fc.property(fc.oneof(begun, fc.string(), fc.string({ unit: 'binary' })), (text) => {
        refusal(() => readLegacyHash(text));
      }),
      { numRuns: 2000 },
    );
  });

  test('is rejected by each importer without another error', () => {
    const field = fc.oneof(fc.string(), fc.base64String());
    const number = fc.oneof(fc.double(), fc.integer());
    fc.assert(
      fc.property(fc.anything({ withNullPrototype: true }), begun, (value, text) => {
        refusal(() => readLegacyHash(auth0Hash(value)));
        refusal(() => readLegacyHash(auth0Hash({ algorithm: 'argon2', hash: { value: text } })));
        refusal(() => readLegacyHash(betterAuthHash(text)));
      }),
    );
    fc.assert(
      fc.property(
        fc.oneof(fc.json(), fc.string()),
        fc.oneof(fc.json(), fc.string()),
        (credentialData, secretData) => {
          expect(refusal(() => keycloakHash({ credentialData, secretData }))).not.toBeNull();
        },
      ),
    );
    fc.assert(
      fc.property(
        fc.record({
          hash: field,
          salt: field,
          signerKey: field,
          saltSeparator: field,
          rounds: number,
          memCost: number,
        }),
        (password) => {
          refusal(() => readLegacyHash(firebaseHash(password)));
        },
      ),
    );
  });

  test('does not appear in the message', () => {
    const secret = 'c2VjcmV0U2VjcmV0c2VjcmV0U2VjcmV0';
    const damage: readonly ((text: string) => string)[] = [
      (text) => `${text}!`,
      (text) => `${text}$${secret}`,
      (text) => `${text}\n`,
      (text) => text.slice(0, -7),
      (text) => text.replace(/\d+/, '99999999999'),
      (text) => text.replace(/=\d+/, '=-1'),
      (text) => text.replace(/=\d+/, `=${secret}`),
      (text) => text.replace('$', `$${secret}=1,`),
      (text) => text.replace(/[^$]*$/, secret.slice(0, 10)),
      (text) => text.replace(/,/, `,${secret}=1,`),
      (text) => text.repeat(20),
    ];
    let refused = 0;
    for (const { text } of VECTORS) {
      const parts = text
        .split(/[$:},]|=(?=.)/)
        .filter((part) => part.length > 8 && !/^(?:pbkdf2|bcrypt|scrypt|firebase)/.test(part));
      for (const damaged of damage) {
        const message = refusal(() => readLegacyHash(damaged(text)));
        if (message === null) continue;
        refused += 1;
        for (const part of [...parts, secret]) expect(message).not.toContain(part);
      }
    }
    expect(refused).toBeGreaterThan(200);
  });
});
