// The forms and schemes that are known: a new one is a file and a line here.
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
import { type ForeignHash, ForeignHashRefused } from './scheme.ts';
import { scryptHash } from './scrypt.ts';
import { symfonyHash } from './symfony.ts';
import { werkzeugText } from './werkzeug.ts';
import { wordPressHash } from './wordpress.ts';

/** What a system wrote, as canonical text. Null: not of this form. */
type Form = (text: string) => string | null;

/** Null: not of this scheme. @throws {ForeignHashRefused} of this scheme, and not to be taken in. */
type Scheme = (text: string) => ForeignHash | null;

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

/** @throws {ForeignHashRefused} when no scheme knows it, or its parameters are malformed or hostile. */
export function readForeignHash(text: string): ForeignHash {
  if (text.length > LONGEST_TEXT || !/^[!-~]+$/.test(text)) {
    throw new ForeignHashRefused(
      `A password hash has from 1 to ${LONGEST_TEXT} characters, all of them of ASCII, and no white space.`,
      'Copy it once more, whole and alone.',
    );
  }
  const canonical = firstOf(FORMS, text) ?? text;
  const hash = firstOf(SCHEMES, canonical);
  if (hash !== null) return hash;
  throw new ForeignHashRefused('The password hash is of no form that can be taken in, or was altered.');
}

function firstOf<T>(readers: readonly ((text: string) => T | null)[], text: string): T | null {
  for (const read of readers) {
    const result = read(text);
    if (result !== null) return result;
  }
  return null;
}
