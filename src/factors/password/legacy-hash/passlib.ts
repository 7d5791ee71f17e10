// Passlib's PBKDF2 (passlib.hash.pbkdf2_sha256 and similar): `$pbkdf2-sha256$29000$salt$hash`. The rounds have no name,
// and salt and hash are base64 with `.` for `+`. With SHA-1 the prefix is `$pbkdf2$`.
import { bytesOfBase64 } from './bytes.ts';
import { phcString } from './phc-string.ts';

const FORM =
  /^\$pbkdf2(?:-(?<digest>sha\d+))?\$(?<rounds>\d+)\$(?<salt>[A-Za-z0-9./]+)\$(?<hash>[A-Za-z0-9./]+)$/;

/** The canonical text. Null when the text is not a PBKDF2 hash of Passlib. */
export function passlibText(text: string): string | null {
  const { digest = 'sha1', rounds, salt = '', hash = '' } = FORM.exec(text)?.groups ?? {};
  const [saltBytes, hashBytes] = [salt, hash].map((it) => bytesOfBase64(it.replaceAll('.', '+')));
  if (rounds === undefined || !saltBytes || !hashBytes) return null;
  return phcString(`pbkdf2-${digest}`, { i: rounds }, { salt: saltBytes, hash: hashBytes });
}
