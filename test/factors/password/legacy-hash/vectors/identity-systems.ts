// Hashes of identity systems, published by them or made with their own code.
import { auth0Hash } from '../../../../../src/factors/password/legacy-hash/auth0.ts';
import { keycloakHash } from '../../../../../src/factors/password/legacy-hash/keycloak.ts';
import type { Vector } from './vector.ts';

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
export const SUPABASE: readonly Vector[] = [
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

export const KEYCLOAK: readonly Vector[] = [
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
export const AUTH0: readonly Vector[] = [
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
export const CLERK: readonly Vector[] = [
  { name: 'Clerk: md5', password: 'password', text: '5f4dcc3b5aa765d61d8327deb882cf99', scheme: 'md5' },
  {
    name: 'Clerk: sha256',
    password: 'test',
    text: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
    scheme: 'sha256',
  },
];

// ory/kratos, hash/hasher_test.go, TestCompare.
export const KRATOS: readonly Vector[] = (
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
