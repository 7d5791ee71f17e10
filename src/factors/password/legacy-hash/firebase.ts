// Passwords of Firebase. Hash and salt are in the exported users file. Signer key, salt separator, rounds and memory
// cost belong to the project (the "password hash parameters" in its console). Systems that imported such users store
// everything in one text, each in its own form.
import { bytesOfBase64 } from './bytes.ts';
import { firebaseScryptText } from './firebase-scrypt.ts';
import { LegacyHashError } from './scheme.ts';

/** Named as in Firebase's console and users file. The strings are base64, in either alphabet. */
export interface FirebasePassword {
  readonly hash: string;
  readonly salt: string;
  readonly signerKey: string;
  readonly saltSeparator: string;
  readonly rounds: number;
  readonly memCost: number;
}

/** The canonical text. @throws {LegacyHashRefused} */
export function firebaseHash(password: FirebasePassword): string {
  const bytes = (name: 'hash' | 'salt' | 'signerKey' | 'saltSeparator'): Buffer => {
    const read = bytesOfBase64(password[name]);
    if (read !== null && read.length > 0) return read;
    throw new LegacyHashError(`Firebase's ${name} must be base64.`, 'Copy the whole hash again.');
  };
  return firebaseScryptText({
    ln: password.memCost,
    r: password.rounds,
    saltSeparator: bytes('saltSeparator'),
    signerKey: bytes('signerKey'),
    salt: bytes('salt'),
    hash: bytes('hash'),
  });
}

const VALUE = '[A-Za-z0-9+/_-]+={0,2}';
const NUMBER = '[1-9]\\d{0,8}';

const CLERK = new RegExp(
  `^(?<hash>${VALUE})\\$(?<salt>${VALUE})\\$(?<signerKey>${VALUE})\\$(?<saltSeparator>${VALUE})` +
    `\\$(?<rounds>${NUMBER})\\$(?<memCost>${NUMBER})$`,
);
const SUPABASE = new RegExp(
  `^\\$fbscrypt\\$v=1,n=(?<memCost>${NUMBER}),r=(?<rounds>${NUMBER}),p=1` +
    `,ss=(?<saltSeparator>${VALUE}),sk=(?<signerKey>${VALUE})\\$(?<salt>${VALUE})\\$(?<hash>${VALUE})$`,
);

/**
 * The canonical text of Clerk's `hash$salt$signer key$salt separator$rounds$memory cost`, or Supabase's
 * `$fbscrypt$v=1,n=14,r=8,p=1,ss=…,sk=…$salt$hash`. Null when the text is neither.
 */
export function firebaseText(text: string): string | null {
  const groups = (CLERK.exec(text) ?? SUPABASE.exec(text))?.groups;
  if (groups === undefined) return null;
  const { hash = '', salt = '', signerKey = '', saltSeparator = '', rounds, memCost } = groups;
  return firebaseHash({
    hash,
    salt,
    signerKey,
    saltSeparator,
    rounds: Number(rounds),
    memCost: Number(memCost),
  });
}
