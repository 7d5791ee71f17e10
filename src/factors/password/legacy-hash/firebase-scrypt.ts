// Firebase Authentication's modified scrypt (github.com/firebase/scrypt): scrypt derives a key from the password, and
// the hash is the project's signer key encrypted with it.
//
// The canonical text is ours and includes the project's parameters:
// `$firebase-scrypt$ln=14,r=8,ss=separator,sk=key$salt$hash`.
import { createCipheriv, timingSafeEqual } from 'node:crypto';
import { base64WithoutPadding, bytesOfBase64 } from './bytes.ts';
import { checkLengths } from './lengths.ts';
import { phcId, phcString, readPhcString } from './phc-string.ts';
import { type LegacyHash, LegacyHashError } from './scheme.ts';
import { readScryptParameters, scrypt } from './scrypt.ts';

const ID = 'firebase-scrypt';
const LONGEST_SEPARATOR = 16;

interface FirebaseScrypt {
  /** The binary logarithm of N. */
  readonly ln: number;
  readonly r: number;
  readonly saltSeparator: Buffer;
  readonly signerKey: Buffer;
  readonly salt: Buffer;
  readonly hash: Buffer;
}

/** The canonical text. */
export function firebaseScryptText({ ln, r, saltSeparator, signerKey, salt, hash }: FirebaseScrypt): string {
  const [ss, sk] = [base64WithoutPadding(saltSeparator), base64WithoutPadding(signerKey)];
  return phcString(ID, { ln, r, ss, sk }, { salt, hash });
}

export function firebaseScryptHash(text: string): LegacyHash | null {
  if (phcId(text) !== ID) return null;
  const { parameters, salt, hash } = readPhcString(text, { required: ['ln', 'r', 'ss', 'sk'] });
  const { ln, ...costs } = readScryptParameters(parameters);
  const saltSeparator = bytesOfBase64(parameters.get('ss') ?? '');
  const signerKey = bytesOfBase64(parameters.get('sk') ?? '');
  checkLengths("Firebase's scrypt", { salt, hash });
  if (saltSeparator === null || saltSeparator.length === 0 || saltSeparator.length > LONGEST_SEPARATOR) {
    throw new LegacyHashError(
      `Firebase's salt separator must be base64 of 1 to ${LONGEST_SEPARATOR} bytes.`,
      "Copy it from the project's password hash parameters.",
    );
  }
  if (signerKey === null || signerKey.length !== hash.length) {
    throw new LegacyHashError(
      "Firebase's signer key must be base64 and as long as the hash.",
      "Copy it from the project's password hash parameters.",
    );
  }
  return {
    scheme: ID,
    text: firebaseScryptText({ ln, r: costs.r, saltSeparator, signerKey, salt, hash }),
    isFast: false,
    verify: (password) => {
      const key = scrypt(password, Buffer.concat([salt, saltSeparator]), 32, costs);
      const cipher = createCipheriv('aes-256-ctr', key, Buffer.alloc(16));
      return timingSafeEqual(Buffer.concat([cipher.update(signerKey), cipher.final()]), hash);
    },
  };
}
