// What Ory Kratos stores beside bcrypt, Argon2 and PBKDF2 (ory/kratos, hash/hash_comparator.go): hashes that were imported
// there. Its scrypt writes N itself as `ln`; its digests say by `pf`, in base64, where the salt stands.
import { bytesOfBase64, bytesOfHex } from './bytes.ts';
import { digestText } from './digest.ts';
import { firebaseHash } from './firebase.ts';
import { hmacText } from './hmac.ts';
import { phcString } from './phc-string.ts';
import { ForeignHashRefused } from './scheme.ts';
import { scryptLn } from './scrypt.ts';

const VALUE = '[A-Za-z0-9+/]+={0,2}';
/** Longer than any binary logarithm that is taken. */
const SCRYPT = new RegExp(
  `^\\$scrypt\\$ln=(?<N>\\d{3,}|32|64),r=(?<r>\\d+),p=(?<p>\\d+)\\$(?<salt>${VALUE})\\$(?<hash>${VALUE})$`,
);
const FIREBASE = new RegExp(
  `^\\$firescrypt\\$ln=(?<memCost>\\d{1,2}),r=(?<rounds>\\d{1,4}),p=1\\$(?<salt>${VALUE})\\$(?<hash>${VALUE})` +
    `\\$(?<saltSeparator>${VALUE})\\$(?<signerKey>${VALUE})$`,
);
const DIGEST = new RegExp(
  `^\\$(?<algorithm>md5|sha1|sha256|sha512)\\$(?:pf=(?<format>${VALUE})\\$(?<salt>${VALUE})\\$)?(?<hash>${VALUE})$`,
);
const HMAC = new RegExp(`^\\$hmac-(?<algorithm>md5|sha\\d+)\\$(?<hash>${VALUE})\\$(?<key>${VALUE})$`);

/** The canonical text. Null: Kratos alone would not write it. */
export function kratosText(text: string): string | null {
  return scryptText(text) ?? firebaseText(text) ?? saltedText(text) ?? keyedText(text);
}

function scryptText(text: string): string | null {
  const { N, r = '', p = '', salt = '', hash = '' } = SCRYPT.exec(text)?.groups ?? {};
  if (N === undefined) return null;
  return phcString('scrypt', { ln: scryptLn(N), r, p }, { salt: bytesOf(salt), hash: bytesOf(hash) });
}

function firebaseText(text: string): string | null {
  const groups = FIREBASE.exec(text)?.groups;
  if (groups === undefined) return null;
  const { memCost, rounds, salt = '', hash = '', saltSeparator = '', signerKey = '' } = groups;
  const project = { saltSeparator, signerKey, memCost: Number(memCost), rounds: Number(rounds) };
  return firebaseHash({ ...project, salt, hash });
}

const POSITIONS: ReadonlyMap<string, 'prefix' | 'suffix'> = new Map([
  ['{SALT}{PASSWORD}', 'prefix'],
  ['{PASSWORD}{SALT}', 'suffix'],
]);

function saltedText(text: string): string | null {
  const { algorithm, format, salt = '', hash = '' } = DIGEST.exec(text)?.groups ?? {};
  if (algorithm === undefined) return null;
  const position = format === undefined ? 'prefix' : POSITIONS.get(bytesOf(format).toString());
  if (position === undefined) {
    throw new ForeignHashRefused(
      'Of the digests of Kratos, only those are taken in whose salt stands before the password or after it, and nothing else.',
    );
  }
  return digestText({ algorithm, salt: bytesOf(salt), position, hash: bytesOf(hash) });
}

/** The hash is base64 of hex. */
function keyedText(text: string): string | null {
  const { algorithm, hash = '', key = '' } = HMAC.exec(text)?.groups ?? {};
  const bytes = algorithm === undefined ? null : bytesOfHex(bytesOf(hash).toString('latin1'));
  return algorithm === undefined || bytes === null
    ? null
    : hmacText({ algorithm, key: bytesOf(key), hash: bytes });
}

function bytesOf(text: string): Buffer {
  const bytes = bytesOfBase64(text);
  if (bytes !== null) return bytes;
  throw new ForeignHashRefused('A part of this hash is not valid base64.', 'Copy it once more, whole.');
}
