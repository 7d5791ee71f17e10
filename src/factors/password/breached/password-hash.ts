// How lists of breached passwords name a password: the SHA-1 of its UTF-8 form (FIPS 180-4). That protects nothing, and
// is asked to protect nothing: it is the key of the lists that there are.
import { hash } from 'node:crypto';

/** 20 bytes. @param password after NFC normalisation. */
export function passwordHash(password: string): Buffer {
  return hash('sha1', password, 'buffer');
}
