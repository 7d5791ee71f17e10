// Published hashes of algorithms: those of the RFCs, Argon2 and bcrypt.
import { auth0Hash } from '../../../../../src/factors/password/legacy-hash/auth0.ts';
import { phcString } from '../../../../../src/factors/password/legacy-hash/phc-string.ts';
import { bytes, type Vector } from './vector.ts';

// RFC 7914 section 11 (PBKDF2 with HMAC-SHA-256) and section 12 (scrypt), RFC 6070 (PBKDF2 with HMAC-SHA-1),
// RFC 4231 section 4.3 (HMAC-SHA-256): the parameters are theirs, the form is ours.
export const RFC: readonly Vector[] = [
  {
    name: 'RFC 7914 section 12: password, NaCl',
    password: 'password',
    text: phcString(
      'scrypt',
      { ln: 10, r: 8, p: 16 },
      {
        salt: Buffer.from('NaCl'),
        hash: bytes(
          'fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162' +
            '2eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640',
        ),
      },
    ),
    scheme: 'scrypt',
  },
  {
    name: 'RFC 7914 section 11: passwd, salt, one round',
    password: 'passwd',
    text: phcString(
      'pbkdf2-sha256',
      { i: 1, l: 64 },
      {
        salt: Buffer.from('salt'),
        hash: bytes(
          '55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc' +
            '49ca9cccf179b645991664b39d77ef317c71b845b1e30bd509112041d3a19783',
        ),
      },
    ),
    scheme: 'pbkdf2-sha256',
  },
  {
    name: 'RFC 7914 section 11: Password, NaCl, 80000 rounds',
    password: 'Password',
    text: phcString(
      'pbkdf2-sha256',
      { i: 80_000 },
      {
        salt: Buffer.from('NaCl'),
        hash: bytes(
          '4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56' +
            'a1d425a1225833549adb841b51c9b3176a272bdebba1d078478f62b397f33c8d',
        ),
      },
    ),
    scheme: 'pbkdf2-sha256',
  },
  {
    name: 'RFC 6070: password, salt, 4096 rounds',
    password: 'password',
    text: phcString(
      'pbkdf2-sha1',
      { i: 4096 },
      { salt: Buffer.from('salt'), hash: bytes('4b007901b765489abead49d926f721d065a429c1') },
    ),
    scheme: 'pbkdf2-sha1',
  },
  {
    name: 'RFC 4231 section 4.3',
    password: 'what do ya want for nothing?',
    text: auth0Hash({
      algorithm: 'hmac',
      hash: {
        value: '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
        encoding: 'hex',
        digest: 'sha256',
        key: { value: 'Jefe' },
      },
    }),
    scheme: 'hmac-sha256',
  },
];

// P-H-C/phc-winner-argon2, src/test.c; Passlib 1.7.4, passlib/tests/test_handlers_argon2.py;
// phxql/argon2-jvm, src/test/java/de/mkammerer/argon2/Argon2dTest.java.
export const ARGON2: readonly Vector[] = [
  {
    name: 'phc-winner-argon2: argon2i',
    password: 'password',
    text: '$argon2i$v=19$m=256,t=2,p=1$c29tZXNhbHQ$iekCn0Y3spW+sCcFanM2xBT63UP2sghkUoHLIUpWRS8',
    scheme: 'argon2i',
  },
  {
    name: 'phc-winner-argon2: argon2i in two lanes',
    password: 'password',
    text: '$argon2i$v=19$m=256,t=2,p=2$c29tZXNhbHQ$T/XOJ2mh1/TIpJHfCdQan76Q5esCFVoT5MAeIM1Oq2E',
    scheme: 'argon2i',
  },
  {
    name: 'phc-winner-argon2: argon2id',
    password: 'password',
    text: '$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4',
    scheme: 'argon2id',
  },
  {
    name: 'phc-winner-argon2: argon2id in two lanes',
    password: 'password',
    text: '$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc',
    scheme: 'argon2id',
  },
  {
    name: 'Passlib: beyond ASCII',
    password: 't\u00e1\u0411\u2113\u0259',
    text: '$argon2i$v=19$m=512,t=2,p=2$1sV0O4PWLtc12Ypv1f7oGw$z+yqzlKtrq3SaNfXDfIDnQ',
    scheme: 'argon2i',
  },
  {
    name: 'Passlib: a NUL at the end',
    password: 'password\0',
    text: '$argon2i$v=19$m=512,t=2,p=2$c29tZXNhbHQ$Fb5+nPuLzZvtqKRwqUEtUQ',
    scheme: 'argon2i',
  },
  {
    name: 'argon2-jvm: argon2d',
    password: 'password',
    text: '$argon2d$v=19$m=1024,t=2,p=1$dGhpc2lzdGhlc2FsdA$rkBsbLVYkXDowmxcwZ9qjpLuAbNjIPBXxmD27YvzHzw',
    scheme: 'argon2d',
  },
];

// Passlib 1.7.4, passlib/tests/test_handlers_bcrypt.py, where those of U*U are from Openwall's crypt_blowfish;
// test_handlers_django.py, where those of bcrypt_sha256 are said to be from Django 1.6.
export const BCRYPT: readonly Vector[] = [
  {
    name: 'crypt_blowfish: U*U',
    password: 'U*U',
    text: '$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW',
    scheme: 'bcrypt',
  },
  {
    name: 'crypt_blowfish: U*U*U',
    password: 'U*U*U',
    text: '$2a$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a',
    scheme: 'bcrypt',
  },
  {
    name: 'Passlib: $2y$, a letter that the first $2a$ got wrong',
    password: '\u0451',
    text: '$2y$05$6bNw2HLQYeqHYyBfLMsv/OUcZd0LKP39b87nBw3.S2tVZSqiQX6eu',
    scheme: 'bcrypt',
  },
  {
    name: 'Passlib: more than 72 bytes, and more than a byte can count',
    password: '0123456789'.repeat(26).slice(0, 255),
    text: '$2a$04$R1lJ2gkNaoPGdafE.H.16.1MKHPvmKwryeulRe225LKProWYwt9Oi',
    scheme: 'bcrypt',
  },
  {
    name: 'Auth0\'s documentation, "Bulk User Import Database Schema and Examples": bcrypt of hello',
    password: 'hello',
    text: '$2b$10$nFguVi9LsCAcvTZFKQlRKeLVydo8ETv483lkNsSFI/Wl1Rz1Ypo1K',
    scheme: 'bcrypt',
  },
  {
    name: 'Passlib: Django, bcrypt',
    password: 't\u00e1\u0411\u2113\u0259',
    text: 'bcrypt$$2a$05$Z17AXnnlpzddNUvnC6cZNOSwMA/8oNiKnHTHTwLlBijfucQQlHjaG',
    scheme: 'bcrypt',
  },
  {
    name: 'Passlib: Django, bcrypt_sha256, empty',
    password: '',
    text: 'bcrypt_sha256$$2a$06$/3OeRpbOf8/l6nPPRdZPp.nRiyYqPobEZGdNRBWihQhiFDh1ws1tu',
    scheme: 'bcrypt-sha256',
  },
  {
    name: 'Passlib: Django, bcrypt_sha256, more than 72 characters',
    password: `${'abc123'.repeat(12)}qwr`,
    text: 'bcrypt_sha256$$2a$06$Tg/oYyZTyAf.Nb3qSgN61Ocy0BEz1RK6xslSNi8PlaLX2pe7x/KQG',
    scheme: 'bcrypt-sha256',
  },
  {
    name: 'Passlib: bcrypt-sha256 of its first version',
    password: 'password',
    text: '$bcrypt-sha256$2a,5$5Hg1DKFqPE8C2aflZ5vVoe$12BjNE0p7axMg55.Y/mHsYiVuFBDQyu',
    scheme: 'bcrypt-sha256',
  },
  {
    name: 'Passlib: bcrypt-sha256',
    password: 't\u00e1\u0411\u2113\u0259',
    text: '$bcrypt-sha256$v=2,t=2b,r=5$.US1fQ4TQS.ZTz/uJ5Kyn.$pzzgp40k8reM1CuQb03PvE0IDPQSdV6',
    scheme: 'bcrypt-sha256',
  },
];
