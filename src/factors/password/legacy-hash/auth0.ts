// Auth0's `custom_password_hash` (Auth0's page "Bulk User Import Database Schema and Examples"), the format in which
// teams imported hashes into Auth0. MD4, RIPEMD-160, Whirlpool, and bcrypt with a separate salt are not supported.
import { z } from 'zod';
import { bytesOfBase64, bytesOfHex } from './bytes.ts';
import { digestText } from './digest.ts';
import { hmacText } from './hmac.ts';
import { ldapText } from './ldap.ts';
import { phcString } from './phc-string.ts';
import { LegacyHashError } from './scheme.ts';
import { scryptLn } from './scrypt.ts';

const Encoded = z.strictObject({
  value: z.string(),
  encoding: z.enum(['base64', 'hex', 'utf8']).default('utf8'),
});
const Text = z.strictObject({ value: z.string(), encoding: z.literal('utf8').default('utf8') });
const Bytes = z.strictObject({ value: z.string(), encoding: z.enum(['base64', 'hex']) });
const Salt = z.strictObject({ ...Encoded.shape, position: z.enum(['prefix', 'suffix']).default('prefix') });
const Password = z
  .strictObject({ encoding: z.enum(['utf8', 'utf16le', 'ucs2']).default('utf8') })
  .transform(({ encoding }) => (encoding === 'utf8' ? 'utf8' : 'utf16le'))
  .default('utf8');
const PasswordAsTyped = z.strictObject({ encoding: z.literal('utf8').default('utf8') }).optional();

const CustomPasswordHash = z.discriminatedUnion('algorithm', [
  z.strictObject({
    algorithm: z.enum(['argon2', 'bcrypt', 'pbkdf2', 'ldap']),
    hash: Text,
    password: PasswordAsTyped,
  }),
  z.strictObject({
    algorithm: z.literal('hmac'),
    hash: z.strictObject({
      ...Bytes.shape,
      digest: z.enum(['md5', 'sha1', 'sha224', 'sha256', 'sha384', 'sha512']),
      key: Encoded,
    }),
    password: Password,
  }),
  z.strictObject({
    algorithm: z.enum(['md5', 'sha1', 'sha256', 'sha512']),
    hash: Bytes,
    salt: Salt.optional(),
    password: Password,
  }),
  z.strictObject({
    algorithm: z.literal('scrypt'),
    hash: Bytes,
    salt: Salt,
    password: PasswordAsTyped,
    keylen: z.int(),
    cost: z.int().default(16384),
    blockSize: z.int().default(8),
    parallelization: z.int().default(1),
  }),
]);

/** Null when the text is not a hash of the algorithm. */
const TEXTS = {
  argon2: (text: string) => (text.startsWith('$argon2') ? text : null),
  bcrypt: (text: string) => (text.startsWith('$2') ? text : null),
  // Auth0's parameters are the default.
  pbkdf2: (text: string) =>
    text.startsWith('$pbkdf2-')
      ? text.replace(/^(\$pbkdf2-[a-z0-9]+)(\$[^$=]+\$[^$=]+)$/, '$1$$i=100000,l=64$2')
      : null,
  ldap: ldapText,
};

/** The canonical text. @param custom the parsed object. @throws {LegacyHashRefused} */
export function auth0Hash(custom: unknown): string {
  const { data, error } = CustomPasswordHash.safeParse(custom);
  if (data === undefined) {
    // The message must not repeat values of the object, only field names of the schema.
    const fields = new Set(error.issues.map(({ path }) => path.join('.')).filter((path) => path !== ''));
    throw new LegacyHashError(
      `The custom_password_hash is not supported${fields.size === 0 ? '' : `: see ${[...fields].join(', ')}`}.`,
    );
  }
  switch (data.algorithm) {
    case 'argon2':
    case 'bcrypt':
    case 'pbkdf2':
    case 'ldap': {
      const text = TEXTS[data.algorithm](data.hash.value);
      if (text !== null) return text;
      throw new LegacyHashError('The hash.value of the custom_password_hash does not match its algorithm.');
    }
    case 'hmac': {
      const { digest, key } = data.hash;
      const hash = bytesOf(data.hash);
      return hmacText({ algorithm: digest, key: bytesOf(key), encoding: data.password, hash });
    }
    case 'scrypt': {
      const hash = bytesOf(data.hash);
      if (hash.length !== data.keylen) {
        throw new LegacyHashError('The length of the scrypt hash does not match keylen.');
      }
      const parameters = { ln: scryptLn(String(data.cost)), r: data.blockSize, p: data.parallelization };
      return phcString('scrypt', parameters, { salt: bytesOf(data.salt), hash });
    }
    default: {
      const { algorithm, salt, password } = data;
      return digestText({
        algorithm,
        salt: salt === undefined ? Buffer.alloc(0) : bytesOf(salt),
        position: salt?.position ?? 'prefix',
        encoding: password,
        hash: bytesOf(data.hash),
      });
    }
  }
}

function bytesOf({ value, encoding }: { value: string; encoding: 'base64' | 'hex' | 'utf8' }): Buffer {
  if (encoding === 'utf8') return Buffer.from(value);
  const bytes = encoding === 'hex' ? bytesOfHex(value) : bytesOfBase64(value);
  if (bytes !== null) return bytes;
  throw new LegacyHashError(
    `A value of the custom_password_hash is not valid ${encoding}. Check its encoding.`,
  );
}
