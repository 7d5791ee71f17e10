// Firebase Authentication's modified scrypt (github.com/firebase/scrypt): scrypt makes a key out of the password, and
// the hash is the project's signer key, encrypted under it. Signer key, salt separator, rounds and memory cost belong
// to the project ("Password hash parameters" in its console); hash and salt come in the users file.
//
// The canonical text is ours, and holds them all: `$firebase-scrypt$ln=14,r=8,ss=separator,sk=key$salt$hash`.
import { createCipheriv, timingSafeEqual } from 'node:crypto';
import { base64WithoutPadding, bytesOfBase64 } from './bytes.ts';
import { checkLengths } from './lengths.ts';
import { phcId, phcString, readPhcString } from './phc-string.ts';
import { type ForeignHash, ForeignHashRefused } from './scheme.ts';
import { readScryptParameters, scrypt } from './scrypt.ts';

const ID = 'firebase-scrypt';
const LONGEST_SEPARATOR = 16;

/** Named as in Firebase's console and its users file. The texts are base64, of either alphabet. */
export interface FirebasePassword {
  readonly hash: string;
  readonly salt: string;
  readonly signerKey: string;
  readonly saltSeparator: string;
  readonly rounds: number;
  readonly memCost: number;
}

/** The canonical text. @throws {ForeignHashRefused} */
export function firebaseHash(password: FirebasePassword): string {
  const { rounds, memCost } = password;
  const bytes = (name: 'hash' | 'salt' | 'signerKey' | 'saltSeparator'): Buffer => {
    const read = bytesOfBase64(password[name]);
    if (read !== null && read.length > 0) return read;
    throw new ForeignHashRefused(`Firebase's ${name} must be base64.`, 'Copy it once more, whole.');
  };
  const parameters = {
    ln: memCost,
    r: rounds,
    ss: base64WithoutPadding(bytes('saltSeparator')),
    sk: base64WithoutPadding(bytes('signerKey')),
  };
  return phcString(ID, parameters, { salt: bytes('salt'), hash: bytes('hash') });
}

/** As Clerk takes it: `hash$salt$signer key$salt separator$rounds$memory cost`. */
export function clerkFirebaseText(text: string): string | null {
  const FORM = /^[\w+/-]+={0,2}\$[\w+/-]+={0,2}\$[\w+/-]+={0,2}\$[\w+/-]+={0,2}\$[1-9]\d{0,8}\$[1-9]\d{0,8}$/;
  if (!FORM.test(text)) return null;
  const [hash = '', salt = '', signerKey = '', saltSeparator = '', rounds, memCost] = text.split('$');
  return firebaseHash({
    hash,
    salt,
    signerKey,
    saltSeparator,
    rounds: Number(rounds),
    memCost: Number(memCost),
  });
}

export function firebaseScryptHash(text: string): ForeignHash | null {
  if (phcId(text) !== ID) return null;
  const { parameters, salt, hash } = readPhcString(text, { required: ['ln', 'r', 'ss', 'sk'] });
  const { ln, ...costs } = readScryptParameters(parameters);
  const separator = bytesOfBase64(parameters.get('ss') ?? '');
  const signerKey = bytesOfBase64(parameters.get('sk') ?? '');
  checkLengths("Firebase's scrypt", { salt, hash });
  if (separator === null || separator.length === 0 || separator.length > LONGEST_SEPARATOR) {
    throw new ForeignHashRefused(
      `Firebase's salt separator must be base64 of 1 to ${LONGEST_SEPARATOR} bytes.`,
      "Copy it from the project's password hash parameters.",
    );
  }
  if (signerKey === null || signerKey.length !== hash.length) {
    throw new ForeignHashRefused(
      "Firebase's signer key must be base64 and as long as the hash.",
      "Copy it from the project's password hash parameters.",
    );
  }
  return {
    scheme: ID,
    text: phcString(
      ID,
      { ln, r: costs.r, ss: base64WithoutPadding(separator), sk: base64WithoutPadding(signerKey) },
      { salt, hash },
    ),
    isFast: false,
    verify: (password) => {
      const key = scrypt(password, Buffer.concat([salt, separator]), 32, costs);
      const cipher = createCipheriv('aes-256-ctr', key, Buffer.alloc(16));
      return timingSafeEqual(Buffer.concat([cipher.update(signerKey), cipher.final()]), hash);
    },
  };
}
