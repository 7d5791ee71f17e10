// Django's `algorithm$…` (django/contrib/auth/hashers.py). The salt is text, used as its UTF-8 bytes. Clerk's variant
// with a hex digest is supported too. Clerk's pbkdf2_sha256, with a base64 salt, looks exactly like Django's, so it is
// read as Django's.
import { bytesOfBase64, bytesOfHex } from './bytes.ts';
import { digestLength, digestText } from './digest.ts';
import { phcString } from './phc-string.ts';
import { scryptLn } from './scrypt.ts';

const PBKDF2 = /^pbkdf2_(?<digest>sha\d+)\$(?<rounds>\d+)\$(?<salt>[^$]+)\$(?<hash>[^$]+)$/;
const SCRYPT = /^scrypt\$(?<N>\d+)\$(?<salt>[^$]+)\$(?<r>\d+)\$(?<p>\d+)\$(?<hash>[^$]+)$/;
const DIGEST = /^(?<algorithm>md5|sha1)\$(?<salt>[^$]*)\$(?<hash>[0-9A-Fa-f]+)$/;

/** The canonical text. Null when the text is not a hash of Django. */
export function djangoText(text: string): string | null {
  // These two contain a canonical or nearly canonical text.
  if (text.startsWith('argon2$argon2')) return text.slice('argon2'.length);
  if (text.startsWith('bcrypt$$2')) return text.slice('bcrypt$'.length);
  return pbkdf2Text(text) ?? scryptText(text) ?? saltedDigestText(text);
}

function pbkdf2Text(text: string): string | null {
  const { digest = '', rounds = '', salt = '', hash = '' } = PBKDF2.exec(text)?.groups ?? {};
  const length = digestLength(digest);
  const bytes = hash.length === 2 * (length ?? 0) ? bytesOfHex(hash) : bytesOfBase64(hash);
  if (bytes === null || bytes.length !== length) return null;
  return phcString(`pbkdf2-${digest}`, { i: rounds }, { salt: Buffer.from(salt), hash: bytes });
}

function scryptText(text: string): string | null {
  const { N, salt = '', r = '', p = '', hash = '' } = SCRYPT.exec(text)?.groups ?? {};
  const bytes = bytesOfBase64(hash);
  if (N === undefined || bytes === null) return null;
  return phcString('scrypt', { ln: scryptLn(N), r, p }, { salt: Buffer.from(salt), hash: bytes });
}

/** Without a salt the form is `md5$$…`. */
function saltedDigestText(text: string): string | null {
  const { algorithm, salt = '', hash = '' } = DIGEST.exec(text)?.groups ?? {};
  const bytes = bytesOfHex(hash);
  if (algorithm === undefined || bytes === null) return null;
  return digestText({ algorithm, salt: Buffer.from(salt), position: 'prefix', hash: bytes });
}
