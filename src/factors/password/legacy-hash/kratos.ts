// The hashes that Ory Kratos stores besides bcrypt, Argon2 and PBKDF2 (ory/kratos, hash/hash_comparator.go), which were
// imported into it. In its scrypt form, `ln` is N itself. In its digests, `pf` gives the position of the salt, in
// base64.
import { bytesOfBase64, bytesOfHex } from './bytes.ts';
import { digestText } from './digest.ts';
import { firebaseHash } from './firebase.ts';
import { hmacText } from './hmac.ts';
import { phcString } from './phc-string.ts';
import { LegacyHashError } from './scheme.ts';
import { scryptLn } from './scrypt.ts';

const VALUE = '[A-Za-z0-9+/]+={0,2}';
/** `ln` must be longer than any binary logarithm, so that it can only be N itself. */
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

/** The canonical text. Null when the text is not in a form that only Kratos uses. */
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
    throw new LegacyHashError(
      'A Kratos digest is supported only if its format is the password with the salt directly before or after it.',
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
  throw new LegacyHashError('A part of this hash is not valid base64.', 'Copy the whole hash again.');
}
