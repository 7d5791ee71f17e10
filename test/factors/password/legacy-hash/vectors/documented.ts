// Hashes that were made by the algorithm that a system documents, because it publishes none.
import { createHash, createHmac, pbkdf2Sync } from 'node:crypto';
import { hashSync } from 'bcrypt';
import { clerkHash } from '../../../../../src/factors/password/legacy-hash/clerk.ts';
import { fusionAuthHash } from '../../../../../src/factors/password/legacy-hash/fusionauth.ts';
import type { Vector } from './vector.ts';

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

export const CLERK_MADE: readonly Vector[] = (
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
export const FUSIONAUTH: readonly Vector[] = (
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
export const FUSIONAUTH_BCRYPT: Vector = {
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
