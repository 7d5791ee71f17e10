// Hashes of other systems with their passwords. Published ones name their source. Where no published hash with a known
// password was found, one was made with the system's own code, and its name says so.
import { createHash, createHmac, pbkdf2Sync } from 'node:crypto';
import { hashSync } from 'bcrypt';
import { auth0Hash } from '../../../../src/factors/password/legacy-hash/auth0.ts';
import { betterAuthHash } from '../../../../src/factors/password/legacy-hash/better-auth.ts';
import { clerkHash } from '../../../../src/factors/password/legacy-hash/clerk.ts';
import { firebaseHash } from '../../../../src/factors/password/legacy-hash/firebase.ts';
import { fusionAuthHash } from '../../../../src/factors/password/legacy-hash/fusionauth.ts';
import { keycloakHash } from '../../../../src/factors/password/legacy-hash/keycloak.ts';
import { phcString } from '../../../../src/factors/password/legacy-hash/phc-string.ts';

export interface Vector {
  readonly name: string;
  readonly password: string;
  readonly text: string;
  readonly scheme: string;
}

const bytes = (hex: string): Buffer => Buffer.from(hex, 'hex');

// RFC 7914 section 11 (PBKDF2 with HMAC-SHA-256) and section 12 (scrypt), RFC 6070 (PBKDF2 with HMAC-SHA-1),
// RFC 4231 section 4.3 (HMAC-SHA-256): the parameters are theirs, the form is ours.
const RFC: readonly Vector[] = [
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
const ARGON2: readonly Vector[] = [
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
const BCRYPT: readonly Vector[] = [
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

// django/django, tests/auth_tests/test_hashers.py.
const DJANGO: readonly Vector[] = [
  {
    name: 'Django: test_pbkdf2',
    password: 'lètmein',
    text: 'pbkdf2_sha256$390000$seasalt$8xBlGd3jVgvJ+92hWPxi5ww0uuAuAnKgC45eudxro7c=',
    scheme: 'pbkdf2-sha256',
  },
  {
    name: 'Django: test_low_level_pbkdf2_sha1',
    password: 'lètmein',
    text: 'pbkdf2_sha1$390000$seasalt2$aDapRanzW8aHTz97v2TcfHzWD+I=',
    scheme: 'pbkdf2-sha1',
  },
  {
    name: 'Django: test_scrypt',
    password: 'lètmein',
    text: 'scrypt$16384$seasalt$8$1$Qj3+9PPyRjSJIebHnG81TMjsqtaIGxNQG/aEB/NYafTJ7tibgfYz71m0ldQESkXFRkdVCBhhY8mx7rQwite/Pw==',
    scheme: 'scrypt',
  },
  {
    name: 'Django: test_argon2',
    password: 'secret',
    text: 'argon2$argon2i$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$YC9+jJCrQhs5R6db7LlN8Q',
    scheme: 'argon2i',
  },
  {
    name: 'Django: test_md5',
    password: 'lètmein',
    text: 'md5$seasalt$3f86d0d3d465b7b458c231bf3555c0e3',
    scheme: 'md5',
  },
  {
    name: 'Django: test_sha1',
    password: 'lètmein',
    text: 'sha1$seasalt$cff36ea83f5706ce9aa7454e63e431fc726b2dc8',
    scheme: 'sha1',
  },
  {
    name: 'Django: test_unsalted_md5',
    password: 'lètmein',
    text: '88a434c88cca4e900f7874cd98123f43',
    scheme: 'md5',
  },
  {
    name: 'Django: test_unsalted_md5, the other syntax',
    password: 'lètmein',
    text: 'md5$$88a434c88cca4e900f7874cd98123f43',
    scheme: 'md5',
  },
  {
    name: 'Django: test_unsalted_sha1',
    password: 'lètmein',
    text: 'sha1$$6d138ca3ae545631b3abd71a4f076ce759c5700b',
    scheme: 'sha1',
  },
  {
    name: "made by Django 5.2's own PBKDF2PasswordHasher, with fewer rounds",
    password: 'lètmein',
    text: 'pbkdf2_sha256$1000$seasalt$JgZryXe2Ga8ysg6XbzkLpTdyPQrHqsinbL9BnnhgX4A=',
    scheme: 'pbkdf2-sha256',
  },
  {
    name: "made by Django 5.2's own ScryptPasswordHasher, with less work",
    password: 'lètmein',
    text: 'scrypt$1024$seasalt$8$5$ozpUt/qDR/QLBzi9csaWJofO252yHC+Oxl5cycNUQkna/BBjumDq5KMXPAq1Xi3sxxGWxqtAlQmEE+DSWNl+FQ==',
    scheme: 'scrypt',
  },
];

// Werkzeug's own tests contain no hash.
const WERKZEUG: readonly Vector[] = [
  {
    name: "made by Werkzeug 3.1's own generate_password_hash: scrypt",
    password: 'lètmein',
    text: 'scrypt:1024:8:1$VzwjnNViECdaSWiE$2a025ac35fdfafe81e04055301214c8d682f660e1148449dbfa0d4b2b575c3dc5b44980ed1f19624c3f189eea82dfb45c73e2e2078e3ab832baa6355e991871d',
    scheme: 'scrypt',
  },
  {
    name: "made by Werkzeug 3.1's own generate_password_hash: pbkdf2 with SHA-256",
    password: 'lètmein',
    text: 'pbkdf2:sha256:1000$B5J94uOslZY77Yg9$ba8feedbb7ba09b8e0afd1242c646a6f357184f6a77121c3d7facf74d845f7c7',
    scheme: 'pbkdf2-sha256',
  },
  {
    name: "made by Werkzeug 3.1's own generate_password_hash: pbkdf2 with SHA-512",
    password: 'lètmein',
    text: 'pbkdf2:sha512:1000$y84Qg35MTpZgPy7F$8473b22d19b5e885d80dd5600d0bd0f4b9f30ae6cc3f0a403a40e26e19502f3b544e968d33a6bc56ee403253847e5c52eb3edfb0748d692efe1fcbb57a904a96',
    scheme: 'pbkdf2-sha512',
  },
];

// Passlib 1.7.4: passlib/tests/test_handlers_pbkdf2.py, test_handlers_scrypt.py and test_handlers.py (for LDAP, and for
// phpass, where they are said to be from phpass itself and from John the Ripper).
const PASSLIB: readonly Vector[] = [
  {
    name: 'Passlib: pbkdf2_sha1',
    password: 'password',
    text: '$pbkdf2$1212$OB.dtnSEXZK8U5cgxU/GYQ$y5LKPOplRmok7CZp/aqVDVg8zGI',
    scheme: 'pbkdf2-sha1',
  },
  {
    name: 'Passlib: pbkdf2_sha256',
    password: 'password',
    text: '$pbkdf2-sha256$1212$4vjV83LKPjQzk31VI4E0Vw$hsYF68OiOUPdDZ1Fg.fJPeq1h/gXXY7acBp9/6c.tmQ',
    scheme: 'pbkdf2-sha256',
  },
  {
    name: 'Passlib: pbkdf2_sha512',
    password: 'password',
    text: '$pbkdf2-sha512$1212$RHY0Fr3IDMSVO/RSZyb5ow$eNLfBK.eVozomMr.1gYa17k9B7KIK25NOEshvhrSX.esqY3s.FvWZViXz4KoLlQI.BzY/YTNJOiKc5gBYFYGww',
    scheme: 'pbkdf2-sha512',
  },
  {
    name: 'Passlib: scrypt',
    password: 'test',
    text: '$scrypt$ln=8,r=8,p=1$wlhLyXmP8b53bm1NKYVQqg$mTpvG8lzuuDk+DWz8HZIB6Vum6erDuUm0As5yU+VxWA',
    scheme: 'scrypt',
  },
  {
    name: 'Passlib: scrypt in two lanes',
    password: 'nacl',
    text: '$scrypt$ln=1,r=4,p=2$yhnD+J+Tci4lZCwFgHCuVQ$fAsEWmxSHuC0cHKMwKVFPzrQukgvK09Sj+NueTSxKds',
    scheme: 'scrypt',
  },
  { name: 'Passlib: {MD5}', password: 'helloworld', text: '{MD5}/F4DjTilcDIIVEHn/nAQsA==', scheme: 'md5' },
  {
    name: 'Passlib: {SMD5}',
    password: 'testing1234',
    text: '{SMD5}UjFY34os/pnZQ3oQOzjqGu4yeXE=',
    scheme: 'md5',
  },
  {
    name: 'Passlib: {SHA}',
    password: 'helloworld',
    text: '{SHA}at+xg6SiyUovktq1redipHiJpaE=',
    scheme: 'sha1',
  },
  {
    name: 'Passlib: {SSHA}',
    password: 'secret',
    text: '{SSHA}0H+zTv8o4MR4H43n03eCsvw1luG8LdB7',
    scheme: 'sha1',
  },
  {
    name: 'Passlib: {SSHA256}',
    password: 'password',
    text: '{SSHA256}x1tymSTVjozxQ2PtT46ysrzhZxbcskK0o2f8hEFx7fAQQmhtDSEkJA==',
    scheme: 'sha256',
  },
  {
    name: 'Passlib: {SSHA512}',
    password: 'letm\u00e8\u00efn',
    text: '{SSHA512}mpNUSmZc3TNx+RnPwkIAVMf7ocEKLPrIoQNsg4Eu8dHvyCeb2xzHp5A6n4tF7ntknSvfvRZaJII4ImvNJlYsgiwAm0FMqR+3',
    scheme: 'sha512',
  },
  { name: 'phpass', password: 'test12345', text: '$P$9IQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0', scheme: 'phpass' },
  {
    name: 'John the Ripper: phpass, as phpBB writes it',
    password: 'JohnRipper',
    text: '$H$712345678WhEyvy1YWzT4647jzeOmo0',
    scheme: 'phpass',
  },
  {
    name: 'Passlib: phpass, beyond ASCII',
    password: 't\u00e1\u0411\u2113\u0259',
    text: '$P$7SMy8VxnfsIy2Sxm7fJxDSdil.h7TW.',
    scheme: 'phpass',
  },
];

// firebase/scrypt, README.md.
export const FIREBASE_SAMPLE = {
  hash: 'lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ==',
  salt: '42xEC+ixf3L2lw==',
  signerKey: 'jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==',
  saltSeparator: 'Bw==',
  rounds: 8,
  memCost: 14,
} as const;

// supabase/auth, internal/crypto/password_test.go.
const SUPABASE: readonly Vector[] = [
  {
    name: 'Supabase: argon2i',
    password: 'test',
    text: '$argon2i$v=19$m=16,t=2,p=1$bGJRWThNOHJJTVBSdHl2dQ$NfEnUOuUpb7F2fQkgFUG4g',
    scheme: 'argon2i',
  },
  {
    name: 'Supabase: argon2id',
    password: 'test',
    text: '$argon2id$v=19$m=32,t=3,p=2$SFVpOWJ0eXhjRzVkdGN1RQ$RXnb8rh7LaDcn07xsssqqulZYXOM/EUCEFMVcAcyYVk',
    scheme: 'argon2id',
  },
  {
    name: 'Supabase: a user of Firebase',
    password: 'mytestpassword',
    text: '$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,sk=ou9tdYTGyYm8kuR6Dt0Bp0kDuAYoXrK16mbZO4yGwAn3oLspjnN0/c41v8xZnO1n14J3MjKj1b2g6AUCAlFwMw==$C0sHCg9ek77hsg==$zKVTMvnWVw5BBOZNUdnsalx4c4c7y/w7IS5p6Ut2+CfEFFlz37J9huyQfov4iizN8dbjvEJlM5tQaJP84+hfTw==',
    scheme: 'firebase-scrypt',
  },
];

// Made by hashPassword of @better-auth/utils 0.5.1, which Better Auth 1.7.25 calls. Neither publishes a hash.
export const BETTER_AUTH_SAMPLES = [
  [
    'correct horse battery staple',
    '4e89b6b00185a0d8636bec5e793fe2fc:0d89a5e1bf860e818bfed0dd2bea066a654e197c8169d149456098c96143ad6498a21bb4826e7a2c2b74f1485ca92bc754abf6b6d6777271867206ffe43923e3',
  ],
  [
    'ﬁancé — naïve ①',
    '9e729b565de0472bd02db58edcb8172b:db546999e57c053fa14167510ca92dcc8ed7f0d07cf22ac6240ddf05357cc9a5eb50a33ccd89a19dc6720ae4792dc3cf653d11346fd15040b6f9caec8ebf0ac8',
  ],
] as const;

const KEYCLOAK: readonly Vector[] = [
  {
    // novareto/user_access_managment, virtual-user-spi/src/test/java/de/novareto/keycloak/HashingTest.java, which has
    // Keycloak's own Pbkdf2Sha256PasswordHashProviderFactory verify it.
    name: 'Keycloak: pbkdf2-sha256 with two blocks of output',
    password: 'test',
    text: keycloakHash({
      credentialData: '{"hashIterations":27500,"algorithm":"pbkdf2-sha256","additionalParameters":{}}',
      secretData:
        '{"value":"/bVkHA4G/VOskjaCgNYyTz1BhgD+9X8bxCNEPGGpnDCJbWHDXIW0G8IlSBhDdJsXTjrXt/7yQguBwJ3sxSmSKA==","salt":"lZtleWv1DeEcNIr8MTzdeg==","additionalParameters":{}}',
    }),
    scheme: 'pbkdf2-sha256',
  },
  {
    // solo-io/workshops, gloo-gateway/1-18/enterprise/default/README.md: user1, whose password it names.
    name: 'a realm for Keycloak: pbkdf2-sha256',
    password: 'password',
    text: keycloakHash({
      credentialData: '{"hashIterations":27500,"algorithm":"pbkdf2-sha256","additionalParameters":{}}',
      secretData:
        '{"value":"JsfNbCOIdZUbyBJ+BT+VoGI91Ec2rWLOvkLPDaX8e9k=","salt":"P5rtFkGtPfoaryJ6PizUJw==","additionalParameters":{}}',
    }),
    scheme: 'pbkdf2-sha256',
  },
  {
    // The same file: admin1, whose password it names, made by Keycloak 25.
    name: 'a realm for Keycloak: argon2',
    password: 'password',
    text: keycloakHash({
      credentialData:
        '{"hashIterations":5,"algorithm":"argon2","additionalParameters":{"hashLength":["32"],"memory":["7168"],"type":["id"],"version":["1.3"],"parallelism":["1"]}}',
      secretData:
        '{"value":"BruFLfFkjH/8erZ26NnrbkOrWiZuQyDRCHD9o0R6Scg=","salt":"Cf9AYCE5pAbb4CKEF0GUTA==","additionalParameters":{}}',
    }),
    scheme: 'argon2id',
  },
];

// Auth0's documentation, "Bulk User Import Database Schema and Examples" (auth0/docs-v2, main/docs/manage-users/
// user-migration/bulk-user-import-database-schema-and-examples.mdx). It says that MD5 is of salt and password; it does
// not name the passwords of its example users, and those here were found by trying common ones.
const AUTH0: readonly Vector[] = [
  {
    name: 'Auth0: md5 with a prefix, in capitals',
    password: 'password',
    text: auth0Hash({
      algorithm: 'md5',
      hash: { value: '67A1E09BB1F83F5007DC119C14D663AA', encoding: 'hex' },
      salt: { value: 'salt', position: 'prefix' },
    }),
    scheme: 'md5',
  },
  {
    name: 'Auth0: peter, hmac',
    password: 'test',
    text: auth0Hash({
      algorithm: 'hmac',
      hash: {
        value: 'cg7f42jH39/2EaAU4wNd4s2lKIk=',
        encoding: 'base64',
        digest: 'sha1',
        key: { value: '736868', encoding: 'hex' },
      },
    }),
    scheme: 'hmac-sha1',
  },
  {
    name: 'Auth0: carmella, scrypt',
    password: 'password',
    text: auth0Hash({
      algorithm: 'scrypt',
      hash: { value: '097f6197e1b41538f723e32aa7a68e8d76227d8e432ce5faa4882a913032db29', encoding: 'hex' },
      salt: { value: 'abc123', encoding: 'utf8' },
      keylen: 32,
      cost: 4096,
    }),
    scheme: 'scrypt',
  },
];

// Clerk's documentation of password hashers: the examples of its md5 and sha256, which are those of `password` and
// `test`.
const CLERK: readonly Vector[] = [
  { name: 'Clerk: md5', password: 'password', text: '5f4dcc3b5aa765d61d8327deb882cf99', scheme: 'md5' },
  {
    name: 'Clerk: sha256',
    password: 'test',
    text: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
    scheme: 'sha256',
  },
];

// WordPress 6.8 and later. Published: the hash of `admin` that seanmorris/php-wasm-demo pins in its set-up of
// WordPress, and checks there by PHP's password_verify. Made by the algorithm, as wp_hash_password has it: the others,
// whose passwords WordPress trims and, from a form, slashes.
const WORDPRESS: readonly Vector[] = [
  {
    name: 'WordPress: admin',
    password: 'admin',
    text: '$wp$2y$10$Q1xinFjrZeLWJBvxviIL6u834Fu.evIEFHAUVisQ5O.w9Dm0sMdES',
    scheme: 'wordpress',
  },
  {
    name: 'made as WordPress does: white space at both ends',
    password: ' \t a pass word \n',
    text: wordPressHashOf('a pass word'),
    scheme: 'wordpress',
  },
  {
    name: 'made as WordPress does: quotes and a backslash, out of a form',
    password: `it's "\\`,
    text: wordPressHashOf(`it\\'s \\"\\\\`),
    scheme: 'wordpress',
  },
  {
    name: 'made as WordPress does: a NUL, out of a form',
    password: 'nul\0within',
    text: wordPressHashOf('nul\\0within'),
    scheme: 'wordpress',
  },
  {
    name: 'made as WordPress does: quotes, as a script of the site sets them',
    password: `it's "\\`,
    text: wordPressHashOf(`it's "\\`),
    scheme: 'wordpress',
  },
  {
    name: 'phpass, as WordPress before 6.8 keeps it',
    password: 'test12345',
    text: '$wp$P$9IQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0',
    scheme: 'wordpress',
  },
];

/** wp_hash_password, after whatever was done to the password. */
function wordPressHashOf(password: string): string {
  const digest = createHmac('sha384', 'wp-sha384').update(password).digest('base64');
  return `$wp${hashSync(digest, 4).replace('$2b', '$2y')}`;
}

// dotnet/aspnetcore, src/Identity/test/Identity.Test/PasswordHasherTest.cs: what HashPassword writes, and what
// VerifyHashedPassword accepts. A version 3 with 50 rounds and 16 bytes is among them.
const ASP_NET: readonly Vector[] = (
  [
    ['version 2', 'AAABAgMEBQYHCAkKCwwNDg+ukCEMDf0yyQ29NYubggHIVY0sdEUfdyeM+E1LtH1uJg==', 'pbkdf2-sha1'],
    [
      'version 3',
      'AQAAAAEAACcQAAAAEAABAgMEBQYHCAkKCwwNDg+yWU7rLgUwPZb1Itsmra7cbxw2EFpwpVFIEtP+JIuUEw==',
      'pbkdf2-sha256',
    ],
    ['SHA-512, 50 rounds', 'AQAAAAIAAAAyAAAAEOMwvh3+FZxqkdMBz2ekgGhwQ4B6pZWND6zgESBuWiHw', 'pbkdf2-sha512'],
    [
      'SHA-512, 250 rounds, 64 bytes',
      'AQAAAAIAAAD6AAAAIJbVi5wbMR+htSfFp8fTw8N8GOS/Sje+S/4YZcgBfU7EQuqv4OkVYmc4VJl9AGZzmRTxSkP7LtVi9IWyUxX8IAAfZ8v+ZfhjCcudtC1YERSqE1OEdXLW9VukPuJWBBjLuw==',
      'pbkdf2-sha512',
    ],
    ['SHA-1, 250 rounds', 'AQAAAAAAAAD6AAAAEAhftMyfTJylOlZT+eEotFXd1elee8ih5WsjXaR3PA9M', 'pbkdf2-sha1'],
    [
      'SHA-256, 250000 rounds',
      'AQAAAAEAA9CQAAAAIESkQuj2Du8Y+kbc5lcN/W/3NiAZFEm11P27nrSN5/tId+bR1SwV8CO1Jd72r4C08OLvplNlCDc3oQZ8efcW+jQ=',
      'pbkdf2-sha256',
    ],
  ] as const
).map(([name, text, scheme]) => ({
  name: `ASP.NET Identity: ${name}`,
  password: 'my password',
  text,
  scheme,
}));

// ory/kratos, hash/hasher_test.go, TestCompare.
const KRATOS: readonly Vector[] = (
  [
    [
      'scrypt, N written out',
      'test',
      '$scrypt$ln=16384,r=8,p=1$2npRo7P03Mt8keSoMbyD/tKFWyUzjiQf2svUaNDSrhA=$MiCzNcIplSMqSBrm4HckjYqYhaVPPjTARTzwB1cVNYE=',
      'scrypt',
    ],
    [
      'PBKDF2',
      'test',
      '$pbkdf2-sha512$i=100000,l=32$bdHBpn7OWOivJMVJypy2UqR0UnaD5prQXRZevj/05YU$+wArTfv1a+bNGO1iZrmEdVjhA+lL11wF4/IxpgYfPwc',
      'pbkdf2-sha512',
    ],
    [
      'Firebase',
      '8x4WjoDbSxJZdR',
      '$firescrypt$ln=14,r=8,p=1$sPtDhWcd1MfdAw==$xbSou7FOl6mChCyzpCPIQ7tku7nsQMTFtyOZSXXd7tjBa4NtimOx7v42Gv2SfzPQu1oxM2/k4SsbOu73wlKe1A==$Bw==$YE0dO4bwD4JnJafh6lZZfkp1MtKzuKAXQcDCJNJNyeCHairWHKENOkbh3dzwaCdizzOspwr/FITUVlnOAwPKyw==',
      'firebase-scrypt',
    ],
    [
      'SHA-1',
      'test',
      '$sha1$pf=e1NBTFR9e1BBU1NXT1JEfQ==$NW9wbWtnejAzcg==$2qU2SGWP8viTM1md3FiI3+rjWXQ=',
      'sha1',
    ],
    [
      'SHA-256',
      'test',
      '$sha256$pf=e1NBTFR9e1BBU1NXT1JEfQ==$NW9wbWtnejAzcg==$0gfRVLCvtBCk20udLDEY5vNhujWx7RGjwRIS1ebMsLY=',
      'sha256',
    ],
    [
      'SHA-512',
      'test',
      '$sha512$pf=e1NBTFR9e1BBU1NXT1JEfQ==$NW9wbWtnejAzcg==$6ctpVuApMNp0CgBXcdHw/GC562eFEFGr4gpgANX8ZYsX+j5B19IkdmOY2Fytsz3QUwSWdGcUjbqwgJGTH0UYvw==',
      'sha512',
    ],
    ['MD5', 'test', '$md5$CY9rzUYh03PK3k6DJie09g==', 'md5'],
    ['MD5 with a salt', 'test', '$md5$pf=e1NBTFR9e1BBU1NXT1JEfQ==$MTIz$q+RdKCgc+ipCAcm5ChQwlQ==', 'md5'],
    [
      'HMAC-SHA-256',
      'test',
      '$hmac-sha256$ZTAzMWJhMWMyOTM4YjFkMjgzZjkxOWExZGY5YWM2NmMxOTJhN2RkNzQ0MzJkNWZkNGFkYTI5OTk0MWJhMTA5Zg==$MTIzNDU=',
      'hmac-sha256',
    ],
    ['HMAC-MD5', 'test', '$hmac-md5$ZmU4Njk3Zjc0MmQwODA0MDVkMTI3MGU2MTYzMzE2Zjk=$MTIzNDU=', 'hmac-md5'],
  ] as const
).map(([name, password, text, scheme]) => ({ name: `Kratos: ${name}`, password, text, scheme }));

// Made by the algorithm, as the documentation of each has it: Clerk's `createUser()`, and FusionAuth's page on password
// hashes. The PBKDF2 of RFC 7914 section 11 above is underneath.
const PEPPER = 'a$pepper-of-the-application';
const MADE_SALT = Buffer.from('a1b2c3d4e5f60718', 'hex');
const pbkdf2Of = (digest: string, salt: string | Buffer, length: number, rounds = 1500): Buffer =>
  pbkdf2Sync('lètmein', salt, rounds, length, digest);
const digestOf = (algorithm: string, ...parts: readonly (string | Buffer)[]): Buffer =>
  createHash(algorithm)
    .update(Buffer.concat(parts.map((part) => Buffer.from(part as string))))
    .digest();

function symfonyOf(password: string, rounds: number): string {
  const salted = `${password}{seasalt}`;
  let digest = createHash('sha512').update(salted).digest();
  for (let round = 1; round < rounds; round += 1) {
    digest = createHash('sha512')
      .update(Buffer.concat([digest, Buffer.from(salted)]))
      .digest();
  }
  return `sha512_symfony$${rounds}$seasalt$${digest.toString('base64')}`;
}

function iterated(algorithm: string, rounds: number): string {
  let digest: Buffer = Buffer.concat([Buffer.from('lètmein'), MADE_SALT]);
  for (let round = 0; round < rounds; round += 1) digest = createHash(algorithm).update(digest).digest();
  return digest.toString('base64');
}

const CLERK_MADE: readonly Vector[] = (
  [
    [
      'pbkdf2_sha256',
      `pbkdf2_sha256$1500$${MADE_SALT.toString('base64')}$${pbkdf2Of('sha256', MADE_SALT, 32).toString('base64')}`,
      'pbkdf2-sha256',
    ],
    [
      'pbkdf2_sha256_django',
      `pbkdf2_sha256$1500$seasalt0$${pbkdf2Of('sha256', 'seasalt0', 32).toString('base64')}`,
      'pbkdf2-sha256',
    ],
    [
      'pbkdf2_sha512',
      `pbkdf2_sha512$1500$seasalt$${pbkdf2Of('sha512', 'seasalt', 64).toString('hex')}`,
      'pbkdf2-sha512',
    ],
    [
      'pbkdf2_sha512_hex',
      `pbkdf2_sha512_hex$1500$${MADE_SALT.toString('hex')}$${pbkdf2Of('sha512', MADE_SALT, 64).toString('hex')}`,
      'pbkdf2-sha512',
    ],
    [
      'pbkdf2_sha1',
      `pbkdf2_sha1$1500$seasalt$${pbkdf2Of('sha1', 'seasalt', 32).toString('hex')}`,
      'pbkdf2-sha1',
    ],
    [
      'pbkdf2_sha1',
      `pbkdf2_sha1$1500$${MADE_SALT.toString('hex')}$${pbkdf2Of('sha1', MADE_SALT, 20).toString('hex')}$20`,
      'pbkdf2-sha1',
    ],
    ['md5_salted', `seasalt$${digestOf('md5', 'seasalt', 'lètmein').toString('hex')}`, 'md5'],
    ['md5_salted', `sea$salt$${digestOf('md5', 'lètmein', 'sea$salt').toString('hex')}`, 'md5'],
    ['sha256_salted', `seasalt$${digestOf('sha256', 'seasalt', 'lètmein').toString('hex')}`, 'sha256'],
    ['sha256_salted', `seasalt$${digestOf('sha256', 'lètmein', 'seasalt').toString('hex')}`, 'sha256'],
    ['bcrypt_peppered', `${hashSync(`lètmein${PEPPER}`, 4)}$${PEPPER}`, 'bcrypt-peppered'],
    ['sha512_symfony', symfonyOf('lètmein', 1500), 'symfony-sha512'],
    [
      'ldap_ssha',
      `{SSHA}${Buffer.concat([digestOf('sha1', 'lètmein', MADE_SALT), MADE_SALT]).toString('base64')}`,
      'sha1',
    ],
  ] as const
).map(([hasher, digest, scheme], at) => ({
  name: `made as Clerk documents ${hasher} (${at})`,
  password: 'lètmein',
  text: clerkHash(digest, hasher),
  scheme,
}));

const bcryptOfFusionAuth = hashSync('lètmein', 4);
const FUSIONAUTH: readonly Vector[] = (
  [
    ['salted-md5', iterated('md5', 2000), 2000, 'md5'],
    ['salted-sha256', iterated('sha256', 2000), 2000, 'sha256'],
    ['salted-sha256', iterated('sha256', 1), 1, 'sha256'],
    [
      'salted-hmac-sha256',
      createHmac('sha256', MADE_SALT).update('lètmein').digest('base64'),
      1,
      'hmac-sha256',
    ],
    [
      'salted-pbkdf2-hmac-sha256',
      pbkdf2Of('sha256', MADE_SALT, 32).toString('base64'),
      1500,
      'pbkdf2-sha256',
    ],
    [
      'salted-pbkdf2-hmac-sha256-512',
      pbkdf2Of('sha256', MADE_SALT, 64).toString('base64'),
      1500,
      'pbkdf2-sha256',
    ],
    [
      'salted-pbkdf2-hmac-sha512-512',
      pbkdf2Of('sha512', MADE_SALT, 64).toString('base64'),
      1500,
      'pbkdf2-sha512',
    ],
  ] as const
).map(([encryptionScheme, password, factor, scheme]) => ({
  name: `made as FusionAuth documents ${encryptionScheme}, ${factor} rounds`,
  password: 'lètmein',
  text: fusionAuthHash({ password, salt: MADE_SALT.toString('base64'), factor, encryptionScheme }),
  scheme,
}));
const FUSIONAUTH_BCRYPT: Vector = {
  name: 'made as FusionAuth documents bcrypt',
  password: 'lètmein',
  text: fusionAuthHash({
    password: bcryptOfFusionAuth.slice(29),
    salt: bcryptOfFusionAuth.slice(7, 29),
    factor: 4,
    encryptionScheme: 'bcrypt',
  }),
  scheme: 'bcrypt',
};

export const VECTORS: readonly Vector[] = [
  ...RFC,
  ...ARGON2,
  ...BCRYPT,
  ...DJANGO,
  ...WERKZEUG,
  ...PASSLIB,
  {
    name: "Firebase's README",
    password: 'user1password',
    text: firebaseHash(FIREBASE_SAMPLE),
    scheme: 'firebase-scrypt',
  },
  ...SUPABASE,
  ...BETTER_AUTH_SAMPLES.map(([password, text]) => ({
    name: `made by Better Auth's own hashPassword: ${password}`,
    password,
    text: betterAuthHash(text),
    scheme: 'scrypt-nfkc',
  })),
  ...KEYCLOAK,
  ...AUTH0,
  ...CLERK,
  ...WORDPRESS,
  ...ASP_NET,
  ...KRATOS,
  ...CLERK_MADE,
  ...FUSIONAUTH,
  FUSIONAUTH_BCRYPT,
];
