// An imported file of users is not trusted. A hash in it determines the memory and time of a sign-in, so hostile
// parameters are rejected when the hash is read, before any work, with a message that names the limit.
import { describe, expect, test } from 'vitest';
import { auth0Hash } from '../../../../src/factors/password/legacy-hash/auth0.ts';
import { betterAuthHash } from '../../../../src/factors/password/legacy-hash/better-auth.ts';
import { firebaseHash } from '../../../../src/factors/password/legacy-hash/firebase.ts';
import { keycloakHash } from '../../../../src/factors/password/legacy-hash/keycloak.ts';
import { LegacyHashError } from '../../../../src/factors/password/legacy-hash/scheme.ts';
import { readLegacyHash } from '../../../../src/factors/password/legacy-hash/schemes.ts';
import { BETTER_AUTH_SAMPLES, FIREBASE_SAMPLE } from './vectors/identity-systems.ts';

/** 16 and 32 bytes, in base64 without padding. */
const SALT = 'c2VhLXNhbHQtc2Vhc2FsdA';
const HASH = 'iekCn0Y3spW+sCcFanM2xBT63UP2sghkUoHLIUpWRS8';
const HEX = '89e9029f4637b295beb027056a7336c414fadd43f6b208645281cb214a56452f';
const BCRYPT = 'CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW';

const argon2 = (parameters: string): string => `$argon2id$v=19$${parameters}$${SALT}$${HASH}`;
const scrypt = (parameters: string): string => `$scrypt$${parameters}$${SALT}$${HASH}`;
const pbkdf2 = (parameters: string): string => `$pbkdf2-sha256$${parameters}$${SALT}$${HASH}`;

/** If reading takes less than this, even on a busy machine, nothing was computed. */
const AT_ONCE_MILLISECONDS = 500;

function refusal(read: () => unknown): string {
  const startedAt = performance.now();
  try {
    read();
  } catch (error) {
    expect(error).toBeInstanceOf(LegacyHashError);
    expect(performance.now() - startedAt).toBeLessThan(AT_ONCE_MILLISECONDS);
    return (error as LegacyHashError).message;
  }
  throw new Error('The hash was accepted.');
}

describe('a hash with excessive work is rejected at once, naming the limit:', () => {
  test.each([
    ['Argon2 with 64 GiB', argon2('m=67108864,t=1,p=1'), /from 8 to 262144/],
    ['Argon2 with a little more than 256 MiB', argon2('m=262145,t=1,p=1'), /from 8 to 262144/],
    ['Argon2 with less memory than its lanes need', argon2('m=31,t=1,p=4'), /from 32 to 262144/],
    ['Argon2 with billions of passes', argon2('m=64,t=4294967295,p=1'), /from 1 to 16/],
    ['Argon2 with 17 passes', argon2('m=64,t=17,p=1'), /from 1 to 16/],
    ['Argon2 without passes', argon2('m=64,t=0,p=1'), /from 1 to 16/],
    ['Argon2 with millions of lanes', argon2('m=262144,t=1,p=16777215'), /from 1 to 16/],
    ['Argon2 without lanes', argon2('m=64,t=1,p=0'), /from 1 to 16/],
    ['Argon2 with every parameter at its limit', argon2('m=262144,t=16,p=16'), /at most 1048576/],
    ['scrypt with N of 2^30', scrypt('ln=30,r=8,p=1'), /from 1 to 21/],
    ['scrypt with N of 1', scrypt('ln=0,r=8,p=1'), /from 1 to 21/],
    ['scrypt with 512 MiB', scrypt('ln=19,r=8,p=1'), /268435456 bytes/],
    ['scrypt with a huge block', scrypt('ln=1,r=1073741823,p=1'), /from 1 to 4096/],
    ['scrypt without a block', scrypt('ln=4,r=0,p=1'), /from 1 to 4096/],
    ['scrypt with many lanes', scrypt('ln=4,r=8,p=134217727'), /from 1 to 16/],
    ['scrypt with every parameter at its limit', scrypt('ln=18,r=8,p=16'), /at most 4194304/],
    ['scrypt with an N that its block size does not allow', scrypt('ln=16,r=1,p=1'), /too high/],
    ["Django's scrypt with N of 2^30", `scrypt$1073741824$seasalt$8$1$${HASH}`, /from 2 to 2097152/],
    ["Django's scrypt with N of 3", `scrypt$3$seasalt$8$1$${HASH}`, /power of two/],
    ["Werkzeug's scrypt with N of 2^40", `scrypt:1099511627776:8:1$seasalt$${HEX}`, /from 2 to 2097152/],
    ["Werkzeug's scrypt with r of 2^40", `scrypt:1024:1099511627776:1$seasalt$${HEX}`, /from 1 to 4096/],
    ['PBKDF2 with 10^9 rounds', pbkdf2('i=1000000000'), /from 1 to 3000000/],
    ['PBKDF2 with one round too many', pbkdf2('i=3000001'), /from 1 to 3000000/],
    ['PBKDF2 without rounds', pbkdf2('i=0'), /from 1 to 3000000/],
    ["Django's PBKDF2 with 10^9 rounds", `pbkdf2_sha256$1000000000$seasalt$${HASH}=`, /from 1 to 3000000/],
    ["Werkzeug's PBKDF2 with 10^9 rounds", `pbkdf2:sha256:1000000000$seasalt$${HEX}`, /from 1 to 3000000/],
    [
      "Passlib's PBKDF2 with 10^9 rounds",
      `$pbkdf2-sha256$1000000000$${SALT}$${HASH.replace('+', '.')}`,
      /from 1 to 3000000/,
    ],
    [
      'PBKDF2 with many rounds for each of many blocks',
      `$pbkdf2-sha1$i=3000000$${SALT}$${'A'.repeat(168)}`,
      /at most 12000000/,
    ],
    ['bcrypt of cost 17', `$2b$17$${BCRYPT}`, /from 4 to 16/],
    ['bcrypt of cost 31', `$2y$31$${BCRYPT}`, /from 4 to 16/],
    ['bcrypt of cost 3', `$2b$03$${BCRYPT}`, /from 4 to 16/],
    ['bcrypt of cost 0', `$2b$00$${BCRYPT}`, /from 4 to 16/],
    ["Django's bcrypt_sha256 of cost 31", `bcrypt_sha256$$2b$31$${BCRYPT}`, /from 4 to 16/],
    [
      "Passlib's bcrypt-sha256 of cost 31",
      '$bcrypt-sha256$v=2,t=2b,r=31$5Hg1DKFqPE8C2aflZ5vVoe$wOK1VFFtS8IGTrGa7.h5fs0u84qyPbS',
      /from 4 to 16/,
    ],
    ['phpass of 2^30 rounds', '$P$SIQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0', /from 7 to 18/],
    ['phpass of one round', '$P$.IQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0', /from 7 to 18/],
  ])('%s', (_what, text, limit) => {
    expect(refusal(() => readLegacyHash(text))).toMatch(limit);
  });

  test.each([
    [{ memCost: 30 }, /from 1 to 21/],
    [{ memCost: 20 }, /268435456 bytes/],
    [{ memCost: 1.5 }, /from 1 to 21/],
    [{ memCost: Number.NaN }, /from 1 to 21/],
    [{ memCost: Number.POSITIVE_INFINITY }, /from 1 to 21/],
    [{ rounds: 1e9 }, /from 1 to 4096/],
    [{ rounds: -8 }, /from 1 to 4096/],
    [{ rounds: 1e21 }, /from 1 to 4096/],
  ])('in the parameters of a Firebase project: %o', (changed, limit) => {
    expect(refusal(() => readLegacyHash(firebaseHash({ ...FIREBASE_SAMPLE, ...changed })))).toMatch(limit);
  });
});

describe('a hash at the limits is accepted:', () => {
  test.each([
    argon2('m=262144,t=4,p=16'),
    argon2('m=65536,t=16,p=1'),
    argon2('m=8,t=1,p=1'),
    scrypt('ln=18,r=8,p=2'),
    scrypt('ln=1,r=1,p=16'),
    pbkdf2('i=3000000'),
    pbkdf2('i=1000,l=32'),
    `$2b$16$${BCRYPT}`,
    `$2b$04$${BCRYPT}`,
  ])('%s', (text) => {
    expect(readLegacyHash(text).isFast).toBe(false);
  });
});

describe('a parameter is a plain decimal number,', () => {
  test.each([
    ['a sign', '+64'],
    ['a minus', '-64'],
    ['a leading zero', '064'],
    ['an exponent', '1e3'],
    ['hex', '0x40'],
    ['a fraction', '64.0'],
    ['an overflow of 32 bits', '4294967360'],
    ['an overflow of 64 bits', '18446744073709551680'],
    ['more digits than a double can hold', '9'.repeat(400)],
    ['nothing', ''],
    ['a space before it', ' 64'],
    ['a space after it', '64 '],
    ['a line break', '64\n'],
    ['a tab', '\t64'],
    ['a NUL', '64\0'],
    ['Arabic digits', '\u0666\u0664'],
    ['full-width digits', '\uff16\uff14'],
    ['mathematical digits', '\u{1d7d4}\u{1d7d2}'],
    ['words', 'Infinity'],
  ])('and not with %s', (_how, number) => {
    const texts = [
      argon2(`m=${number},t=1,p=1`),
      argon2(`m=64,t=${number},p=1`),
      argon2(`m=64,t=1,p=${number}`),
      argon2('m=64,t=1,p=1').replace('v=19', `v=${number}`),
      scrypt(`ln=${number},r=8,p=1`),
      scrypt(`ln=4,r=${number},p=1`),
      scrypt(`ln=4,r=8,p=${number}`),
      pbkdf2(`i=${number}`),
      pbkdf2(`i=1,l=${number}`),
      `$pbkdf2-sha256$${number}$${SALT}$${HASH.replace('+', '.')}`,
      `pbkdf2_sha256$${number}$seasalt$${HASH}=`,
      `scrypt$${number}$seasalt$8$1$${HASH}`,
      `scrypt:${number}:8:1$seasalt$${HEX}`,
      `pbkdf2:sha256:${number}$seasalt$${HEX}`,
      `$2b$${number}$${BCRYPT}`,
    ];
    for (const text of texts) refusal(() => readLegacyHash(text));
  });
});

describe('a hash has only one accepted text,', () => {
  test.each([
    ['white space before it', (text: string) => ` ${text}`],
    ['white space after it', (text: string) => `${text} `],
    ['a line break after it', (text: string) => `${text}\n`],
    ['a carriage return after it', (text: string) => `${text}\r`],
    ['a second line', (text: string) => `${text}\n${text}`],
    ['a NUL after it', (text: string) => `${text}\0`],
    ['a zero-width space in it', (text: string) => text.replace('$', '$\u200b')],
    ['a byte order mark', (text: string) => `\ufeff${text}`],
    ['an extra field', (text: string) => `${text}$${HASH}`],
    ['an empty field after it', (text: string) => `${text}$`],
    ['padding', (text: string) => `${text}=`],
    ['the other base64 alphabet', (text: string) => text.replace('+', '-')],
    ['non-canonical last digits', (text: string) => `${text.slice(0, -1)}9`],
    ['quotation marks', (text: string) => `"${text}"`],
    ['capitals', (text: string) => text.toUpperCase()],
  ])('and not with %s', (_how, change) => {
    for (const text of [argon2('m=64,t=1,p=1'), scrypt('ln=4,r=8,p=1'), pbkdf2('i=1')]) {
      readLegacyHash(text);
      refusal(() => readLegacyHash(change(text)));
    }
  });

  test.each([
    argon2('m=64,m=64,t=1,p=1'),
    argon2('m=64,t=1,p=1,m=8'),
    argon2('m=64,t=1,p=1,v=19'),
    argon2('m=64,t=1'),
    argon2('m=64,t=1,p=1,keyid=ABCD'),
    argon2('m=64,t=1,p=1,data=AAAA'),
    argon2('m=64,,t=1,p=1'),
    argon2('m=64;t=1;p=1'),
    argon2('m=64,t=1,p=1,__proto__=1'),
    argon2('m=64,t=1,p=1').replace('$v=19', ''),
    argon2('m=64,t=1,p=1').replace('v=19', 'v=16'),
    argon2('m=64,t=1,p=1').replace('v=19', 'v=19$v=19'),
    argon2('m=64,t=1,p=1').replace('argon2id', 'argon2'),
    scrypt('ln=4,r=8,p=1,ln=4'),
    scrypt('ln=4,r=8'),
    scrypt('N=16,r=8,p=1'),
    scrypt('ln=4,r=8,p=1').replace('$ln', '$v=1$ln'),
    pbkdf2('i=1,i=1'),
    pbkdf2('i=1,l=31'),
    pbkdf2('i=1,x=1'),
    pbkdf2('l=32'),
    pbkdf2('i=1').replace('sha256', 'md5'),
    pbkdf2('i=1').replace('sha256', 'sha3-256'),
    '$digest$a=sha256,a=sha256$$iekCn0Y3spW+sCcFanM2xBT63UP2sghkUoHLIUpWRS8',
    '$digest$a=md4$$iekCn0Y3spW+sCcFanM2xA',
    '$digest$a=shake256$$iekCn0Y3spW+sCcFanM2xBT63UP2sghkUoHLIUpWRS8',
    '$digest$a=sha256,s=infix$AAAA$iekCn0Y3spW+sCcFanM2xBT63UP2sghkUoHLIUpWRS8',
    '$digest$a=sha256,e=latin1$AAAA$iekCn0Y3spW+sCcFanM2xBT63UP2sghkUoHLIUpWRS8',
    '$hmac$a=sha256$$iekCn0Y3spW+sCcFanM2xBT63UP2sghkUoHLIUpWRS8',
    '$hmac$a=sha256,k=A$$iekCn0Y3spW+sCcFanM2xBT63UP2sghkUoHLIUpWRS8',
    '$hmac$a=sha256,k=AAAA$AAAA$iekCn0Y3spW+sCcFanM2xBT63UP2sghkUoHLIUpWRS8',
    '$bcrypt-sha256$v=2,t=2b,5$5Hg1DKFqPE8C2aflZ5vVoe$wOK1VFFtS8IGTrGa7.h5fs0u84qyPbS',
    '$bcrypt-sha256$2b,r=5$5Hg1DKFqPE8C2aflZ5vVoe$wOK1VFFtS8IGTrGa7.h5fs0u84qyPbS',
    '$bcrypt-sha256$v=3,t=2b,r=5$5Hg1DKFqPE8C2aflZ5vVoe$wOK1VFFtS8IGTrGa7.h5fs0u84qyPbS',
    `$2x$05$${BCRYPT}`,
    `$2$05$${BCRYPT}`,
    `$2b$5$${BCRYPT}`,
    `argon2$argon2${argon2('m=64,t=1,p=1')}`,
    `bcrypt$bcrypt$$2b$05$${BCRYPT}`,
    '{SSHA}',
    '{SSHA}AAAA',
    '{SHA}pKqkNr1tq3wtQqk+UcPyA3HnA2NsU5NJ',
    '{CRYPT}$6$rounds=5000$usesomesillystri$D4IrlXatmP7rx3P3InaxBeoomnAihCKRVQAr/36eYNl',
    '{X-UNKNOWN}pKqkNr1tq3wtQqk+UcPyA3HnA2NsU5NJ',
    '$1$3azHgidD$SrJPt7B.9rekpmwJwtON31',
    '$apr1$3azHgidD$SrJPt7B.9rekpmwJwtON31',
    '$5$rounds=5000$toolongsaltstrin$Un/5jzAHMgOGZ5.mWJpuVolil07guHPvOW8mGsh',
    '!unusable-password-of-Django',
    'plaintext',
    'null',
    '[object Object]',
    '__proto__',
    '',
  ])('and not in the form %s', (text) => {
    refusal(() => readLegacyHash(text));
  });
});

describe('lengths are limited:', () => {
  const base64 = (length: number): string => Buffer.alloc(length, 7).toString('base64').replace(/=+$/, '');

  test.each([
    ['an Argon2 salt that is too short', `$argon2id$v=19$m=64,t=1,p=1$${base64(7)}$${HASH}`, /8 to 128/],
    ['a salt that is too long', `$argon2id$v=19$m=64,t=1,p=1$${base64(129)}$${HASH}`, /8 to 128/],
    ['no salt', `$scrypt$ln=4,r=8,p=1$$${HASH}`, /1 to 128/],
    ['no salt of PBKDF2', `$pbkdf2-sha256$i=1$$${HASH}`, /1 to 128/],
    ['an output that is too short', `$argon2id$v=19$m=64,t=1,p=1$${SALT}$${base64(15)}`, /16 to 128/],
    ['an output of one byte', `$pbkdf2-sha256$i=1$${SALT}$${base64(1)}`, /16 to 128/],
    ['an output that is too long', `$scrypt$ln=4,r=8,p=1$${SALT}$${base64(129)}`, /16 to 128/],
    ['a digest that is too short', `$digest$a=sha256$$${base64(31)}`, /32 bytes/],
    ['a digest with a long salt', `{SSHA}${base64(149)}`, /at most 128/],
    ["Django's digest with a short hash", 'sha1$seasalt$cff3', /20 bytes/],
    ['a text of a megabyte', argon2('m=64,t=1,p=1') + 'A'.repeat(1_000_000), /1 to 1024/],
    ['a digest of a megabyte', 'a'.repeat(1_000_000), /1 to 1024/],
    ['many parameters', argon2(`m=64,t=1,p=1${',a=1'.repeat(200)}`), /must have the form/],
    ['many fields', '$a'.repeat(500), /not supported/],
    ['many of them, nearly Firebase', `${'A$'.repeat(500)}!`, /not supported/],
  ])('%s', (_what, text, limit) => {
    expect(refusal(() => readLegacyHash(text))).toMatch(limit);
  });
});

describe('the fields of an import', () => {
  const argon2Data = {
    hashIterations: 5,
    algorithm: 'argon2',
    additionalParameters: { memory: ['7168'], type: ['id'], version: ['1.3'], parallelism: ['1'] },
  };
  const pbkdf2Data = { hashIterations: 27_500, algorithm: 'pbkdf2-sha256', additionalParameters: {} };
  const secret = { value: `${HASH}=`, salt: `${SALT}==`, additionalParameters: {} };

  test.each([
    ['an unknown algorithm', { ...pbkdf2Data, algorithm: 'bcrypt' }, secret],
    ['no algorithm', { hashIterations: 1 }, secret],
    ['excessive rounds', { ...pbkdf2Data, hashIterations: 1e9 }, secret],
    ['negative rounds', { ...pbkdf2Data, hashIterations: -1 }, secret],
    ['rounds as a string', { ...pbkdf2Data, hashIterations: '27500' }, secret],
    ['a fraction of a round', { ...pbkdf2Data, hashIterations: 1.5 }, secret],
    ['the first version of Argon2', withArgon2({ version: ['1.0'] }), secret],
    ['another type of Argon2', withArgon2({ type: ['x'] }), secret],
    ['excessive memory', withArgon2({ memory: ['67108864'] }), secret],
    ['two memory values', withArgon2({ memory: ['64', '67108864'] }), secret],
    ['a parameter that contains others', withArgon2({ memory: ['64,t=1'] }), secret],
    ['no lanes', withArgon2({ parallelism: [] }), secret],
    ['no salt', pbkdf2Data, { value: secret.value }],
    ['no value', pbkdf2Data, { salt: secret.salt }],
    ['a salt that is not base64', pbkdf2Data, { ...secret, salt: 'sea salt' }],
    ['a list', [], []],
    ['nothing', null, null],
  ])('of Keycloak are rejected with %s', (_what, credentialData, secretData) => {
    const message = refusal(() =>
      readLegacyHash(
        keycloakHash({
          credentialData: JSON.stringify(credentialData),
          secretData: JSON.stringify(secretData),
        }),
      ),
    );
    for (const secret of [HASH, SALT, 'sea salt']) expect(message).not.toContain(secret);
  });

  test('of Keycloak may use SHA-1 and SHA-512', () => {
    const schemes = ['pbkdf2', 'pbkdf2-sha512'].map((algorithm) => {
      const credentialData = JSON.stringify({ ...pbkdf2Data, algorithm });
      return readLegacyHash(keycloakHash({ credentialData, secretData: JSON.stringify(secret) })).scheme;
    });
    expect(schemes).toEqual(['pbkdf2-sha1', 'pbkdf2-sha512']);
  });

  const digest = { algorithm: 'sha256', hash: { value: HEX, encoding: 'hex' } };
  const scryptOf = (changed: object): object => ({
    algorithm: 'scrypt',
    hash: { value: HEX, encoding: 'hex' },
    salt: { value: 'abc123' },
    keylen: 32,
    ...changed,
  });

  test.each([
    ['MD4', { algorithm: 'md4', hash: { value: 'AbuUujgF0pPPkJPSFRTpmA==', encoding: 'base64' } }],
    ['a string instead of an object', 'argon2'],
    ['null', null],
    ['a hash alone', { algorithm: 'sha256', hash: HEX }],
    ['no encoding', { algorithm: 'sha256', hash: { value: HEX } }],
    ['a wrong encoding', { algorithm: 'sha256', hash: { value: `${HASH}=`, encoding: 'hex' } }],
    ['a truncated digest', { algorithm: 'sha256', hash: { value: HEX.slice(2), encoding: 'hex' } }],
    ['an unknown field', { ...digest, pepper: 'x' }],
    ['an unknown salt position', { ...digest, salt: { value: 'x', position: 'infix' } }],
    ['a password in Latin-1', { ...digest, password: { encoding: 'latin1' } }],
    [
      'a separate salt for bcrypt',
      { algorithm: 'bcrypt', hash: { value: `$2b$05$${BCRYPT}` }, salt: { value: 'x' } },
    ],
    ['a digest declared as bcrypt', { algorithm: 'bcrypt', hash: { value: HEX } }],
    ['a digest declared as Argon2', { algorithm: 'argon2', hash: { value: HEX } }],
    ['PBKDF2 with MD4', { algorithm: 'pbkdf2', hash: { value: `$pbkdf2-md4$i=1,l=32$${SALT}$${HASH}` } }],
    [
      'PBKDF2 with a wrong length',
      { algorithm: 'pbkdf2', hash: { value: `$pbkdf2-sha256$${SALT}$${HASH}` } },
    ],
    ['a text that is not LDAP', { algorithm: 'ldap', hash: { value: HEX } }],
    ['an HMAC without a key', { algorithm: 'hmac', hash: { value: HEX, encoding: 'hex', digest: 'sha256' } }],
    [
      'an HMAC with an empty key',
      { algorithm: 'hmac', hash: { value: HEX, encoding: 'hex', digest: 'sha256', key: { value: '' } } },
    ],
    ['scrypt with a wrong length', scryptOf({ keylen: 64 })],
    ['scrypt with N of 2^40', scryptOf({ cost: 2 ** 40 })],
    ['scrypt with N of 3', scryptOf({ cost: 3 })],
    ['scrypt without lanes', scryptOf({ parallelization: 0 })],
    ['scrypt with a fraction', scryptOf({ blockSize: 1.5 })],
  ])('of Auth0 are rejected with %s', (_what, custom) => {
    const message = refusal(() => readLegacyHash(auth0Hash(custom)));
    for (const secret of [HEX, HASH, SALT, BCRYPT, 'abc123', 'pepper']) expect(message).not.toContain(secret);
  });

  test.each<[string, unknown, string]>([
    ['one wrong field', { algorithm: 'bcrypt', hash: {} }, ': see hash.value.'],
    ['two wrong fields', scryptOf({ cost: 'x', keylen: 'x' }), ': see keylen, cost.'],
    ['no object', 'x', '.'],
  ])('of Auth0 are rejected with the names of the wrong fields: %s', (_what, custom, fields) => {
    expect(refusal(() => auth0Hash(custom))).toContain(`The custom_password_hash is not supported${fields}`);
  });

  test('of Auth0 have Auth0’s defaults', () => {
    const text = `$pbkdf2-sha512$${SALT}$${'A'.repeat(86)}`;
    const read = readLegacyHash(auth0Hash({ algorithm: 'pbkdf2', hash: { value: text } }));
    expect(read.text).toBe(`$pbkdf2-sha512$i=100000$${SALT}$${'A'.repeat(86)}`);
    expect(readLegacyHash(auth0Hash(scryptOf({}))).text).toContain('$ln=14,r=8,p=1$');
  });

  test.each([
    ['hash', ''],
    ['hash', 'no base64!'],
    ['hash', 'AAAA'],
    ['salt', ''],
    ['signerKey', ''],
    ['signerKey', 'AAAA'],
    ['saltSeparator', ''],
    ['saltSeparator', 'A'.repeat(400)],
  ])('of Firebase are rejected with %s of "%s"', (name, value) => {
    refusal(() => readLegacyHash(firebaseHash({ ...FIREBASE_SAMPLE, [name]: value })));
  });

  test("of Firebase give the same hash in its SDK's alphabet and in Clerk's form", () => {
    const expected = readLegacyHash(firebaseHash(FIREBASE_SAMPLE)).text;
    const [hash, signerKey] = [FIREBASE_SAMPLE.hash, FIREBASE_SAMPLE.signerKey].map((text) =>
      text.replaceAll('+', '-').replaceAll('/', '_'),
    );
    const safe = { ...FIREBASE_SAMPLE, hash: hash ?? '', signerKey: signerKey ?? '' };
    expect(readLegacyHash(firebaseHash(safe)).text).toBe(expected);
    const { salt, saltSeparator } = FIREBASE_SAMPLE;
    const joined = `${FIREBASE_SAMPLE.hash}$${salt}$${FIREBASE_SAMPLE.signerKey}$${saltSeparator}$8$14`;
    expect(readLegacyHash(joined).text).toBe(expected);
  });

  test('of Better Auth must be exactly a salt and a key', () => {
    const [, text] = BETTER_AUTH_SAMPLES[0];
    for (const wrong of [
      text.toUpperCase(),
      text.replace(':', ''),
      `${text}0`,
      text.slice(1),
      `$2b$05$${BCRYPT}`,
    ]) {
      refusal(() => betterAuthHash(wrong));
    }
  });

  function withArgon2(changed: object): object {
    return { ...argon2Data, additionalParameters: { ...argon2Data.additionalParameters, ...changed } };
  }
});
