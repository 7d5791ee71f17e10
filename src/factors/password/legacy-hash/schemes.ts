// The list of supported forms and schemes. To add one, add a file and a line here.
import { argon2Hash } from './argon2.ts';
import { aspNetText } from './asp-net.ts';
import { bcryptHash } from './bcrypt.ts';
import { bcryptPepperedHash } from './bcrypt-peppered.ts';
import { bcryptSha256Hash } from './bcrypt-sha256.ts';
import { betterAuthText } from './better-auth.ts';
import { digestHash } from './digest.ts';
import { djangoText } from './django.ts';
import { firebaseText } from './firebase.ts';
import { firebaseScryptHash } from './firebase-scrypt.ts';
import { hexDigestText } from './hex-digest.ts';
import { hmacHash } from './hmac.ts';
import { kratosText } from './kratos.ts';
import { ldapText } from './ldap.ts';
import { passlibText } from './passlib.ts';
import { pbkdf2Hash } from './pbkdf2.ts';
import { phpassHash } from './phpass.ts';
import { type LegacyHash, LegacyHashError } from './scheme.ts';
import { scryptHash } from './scrypt.ts';
import { symfonyHash } from './symfony.ts';
import { werkzeugText } from './werkzeug.ts';
import { wordPressHash } from './wordpress.ts';

/** Converts a system's text to canonical text. Null when the text is not in this form. */
type Form = (text: string) => string | null;

/** Null when the text is not of this scheme. @throws {LegacyHashRefused} when it is, but cannot be accepted. */
type Scheme = (text: string) => LegacyHash | null;

const FORMS: readonly Form[] = [
  djangoText,
  werkzeugText,
  passlibText,
  ldapText,
  betterAuthText,
  firebaseText,
  hexDigestText,
  kratosText,
  aspNetText,
];

const SCHEMES: readonly Scheme[] = [
  argon2Hash,
  bcryptPepperedHash,
  bcryptHash,
  bcryptSha256Hash,
  scryptHash,
  firebaseScryptHash,
  pbkdf2Hash,
  phpassHash,
  digestHash,
  hmacHash,
  wordPressHash,
  symfonyHash,
];

const LONGEST_TEXT = 1024;

/** @throws {LegacyHashRefused} when no scheme matches, or when the parameters are malformed or hostile. */
export function readLegacyHash(text: string): LegacyHash {
  if (text.length > LONGEST_TEXT || !/^[!-~]+$/.test(text)) {
    throw new LegacyHashError(
      `A password hash must have 1 to ${LONGEST_TEXT} ASCII characters and no white space.`,
      'Copy the whole hash again, without anything else.',
    );
  }
  const canonical = firstOf(FORMS, text) ?? text;
  const hash = firstOf(SCHEMES, canonical);
  if (hash !== null) return hash;
  throw new LegacyHashError('The format of the password hash is not supported, or the hash was altered.');
}

function firstOf<T>(readers: readonly ((text: string) => T | null)[], text: string): T | null {
  for (const read of readers) {
    const result = read(text);
    if (result !== null) return result;
  }
  return null;
}
