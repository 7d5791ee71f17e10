// Werkzeug's `method$salt$hex` (werkzeug/security.py), which Flask applications store. The salt is text. Its older
// form, `sha1$salt$hex`, is an HMAC that looks like Django's digest, and is not supported.
import { bytesOfHex } from './bytes.ts';
import { phcString } from './phc-string.ts';
import { scryptLn } from './scrypt.ts';

const SCRYPT = /^scrypt:(?<N>\d+):(?<r>\d+):(?<p>\d+)\$(?<salt>[^$]+)\$(?<hash>[^$]+)$/;
const PBKDF2 = /^pbkdf2:(?<digest>sha\d+):(?<rounds>\d+)\$(?<salt>[^$]+)\$(?<hash>[^$]+)$/;

/** The canonical text. Null when the text is not a hash of Werkzeug. */
export function werkzeugText(text: string): string | null {
  const groups = (SCRYPT.exec(text) ?? PBKDF2.exec(text))?.groups;
  const hash = bytesOfHex(groups?.['hash'] ?? '');
  if (groups === undefined || hash === null) return null;
  const salt = Buffer.from(groups['salt'] ?? '');
  const { N, r = '', p = '', digest = '', rounds = '' } = groups;
  return N === undefined
    ? phcString(`pbkdf2-${digest}`, { i: rounds }, { salt, hash })
    : phcString('scrypt', { ln: scryptLn(N), r, p }, { salt, hash });
}
