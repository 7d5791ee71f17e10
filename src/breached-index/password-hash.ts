// The key of a password in the lists of breached passwords: SHA-1 of its UTF-8 bytes (FIPS 180-4). SHA-1 gives no
// protection here and is not meant to. The published lists use it.
import { hash } from 'node:crypto';

/** Returns 20 bytes. @param password the password after NFC normalisation. */
export function passwordHash(password: string): Buffer {
  return hash('sha1', password, 'buffer');
}
