// Passlib's PBKDF2 (passlib.hash.pbkdf2_sha256 and its siblings): `$pbkdf2-sha256$29000$salt$hash`, the rounds without a
// name, salt and hash in base64 with `.` for `+`. With SHA-1 it is `$pbkdf2$…`.
import { bytesOfBase64 } from './bytes.ts';
import { phcString } from './phc-string.ts';

const FORM =
  /^\$pbkdf2(?:-(?<digest>sha\d+))?\$(?<rounds>\d+)\$(?<salt>[A-Za-z0-9./]+)\$(?<hash>[A-Za-z0-9./]+)$/;

/** The canonical text. Null: Passlib did not write it. */
export function passlibText(text: string): string | null {
  const { digest = 'sha1', rounds, salt = '', hash = '' } = FORM.exec(text)?.groups ?? {};
  const [saltBytes, hashBytes] = [salt, hash].map((it) => bytesOfBase64(it.replaceAll('.', '+')));
  if (rounds === undefined || !saltBytes || !hashBytes) return null;
  return phcString(`pbkdf2-${digest}`, { i: rounds }, { salt: saltBytes, hash: hashBytes });
}
