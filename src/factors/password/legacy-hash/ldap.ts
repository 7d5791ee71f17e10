// LDAP's userPassword (RFC 2307 section 5.3, and OpenLDAP's slappasswd): `{SSHA}` and base64 of a digest followed by
// the salt. `{CRYPT}` depends on the server's crypt(). It is supported if it contains a bcrypt hash.
import { bytesOfBase64, bytesOfHex } from './bytes.ts';
import { digestLength, digestText } from './digest.ts';

const FORM = /^\{(?<salted>S?)(?<name>MD5|SHA(?:224|256|384|512)?)\}(?<data>.+)$/i;
const BCRYPT = /^\{(?:crypt|bcrypt)\}(?<hash>\$2.*)$/i;

/** The canonical text. Null when the text is not an LDAP hash. */
export function ldapText(text: string): string | null {
  const bcrypt = BCRYPT.exec(text)?.groups?.['hash'];
  if (bcrypt !== undefined) return bcrypt;
  const { salted = '', name, data = '' } = FORM.exec(text)?.groups ?? {};
  if (name === undefined) return null;
  const algorithm = name.toLowerCase().replace(/^sha$/, 'sha1');
  const length = digestLength(algorithm) ?? 0;
  const bytes = salted === '' && data.length === 2 * length ? bytesOfHex(data) : bytesOfBase64(data);
  if (bytes === null || bytes.length < length || (salted === '' && bytes.length > length)) return null;
  return digestText({
    algorithm,
    hash: bytes.subarray(0, length),
    salt: bytes.subarray(length),
    position: 'suffix',
  });
}
