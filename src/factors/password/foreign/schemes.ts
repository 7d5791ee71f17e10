// The schemes that are known: a new one is a file and a line here.
import { bcryptHash } from './bcrypt.ts';
import { type ForeignHash, ForeignHashRefused } from './scheme.ts';

/** Null: not of this scheme. @throws {ForeignHashRefused} of this scheme, and not to be taken in. */
type Scheme = (text: string) => ForeignHash | null;

const SCHEMES: readonly Scheme[] = [bcryptHash];

/** @throws {ForeignHashRefused} when no scheme knows it, or its parameters are malformed or hostile. */
export function readForeignHash(text: string): ForeignHash {
  for (const scheme of SCHEMES) {
    const hash = scheme(text);
    if (hash !== null) return hash;
  }
  throw new ForeignHashRefused('The password hash is of no form that can be taken in.');
}
