// bcrypt, in the form of almost every system. `$2a$`, `$2b$` and `$2y$` are the same algorithm: the names date from
// bugs in old programs. As in the original system, only the first 72 bytes of a password count.
import bcrypt from 'bcrypt';
import { parameter } from './parameter.ts';
import { type LegacyHash, LegacyHashError } from './scheme.ts';

/** The last digit of the salt has two bits, and that of the hash four. A hash with other digits would never match. */
const FORM = /^\$2[aby]\$(?<cost>\d\d)\$[./A-Za-z0-9]{21}[.Oeu][./A-Za-z0-9]{30}[.CGKOSWaeimquy26]$/;
/** A cost of 16 takes a few seconds. Each further step doubles the time. */
const HIGHEST_COST = 16;

export function bcryptHash(text: string): LegacyHash | null {
  if (!/^\$2[a-z]?\$/.test(text)) return null;
  const canonical = canonicalBcrypt(text);
  return {
    scheme: 'bcrypt',
    text: canonical,
    isFast: false,
    verify: (password) => bcrypt.compareSync(password, canonical),
  };
}

/** @throws {LegacyHashRefused} */
export function canonicalBcrypt(text: string): string {
  const cost = FORM.exec(text)?.groups?.['cost'];
  if (cost === undefined) {
    throw new LegacyHashError(
      'A bcrypt hash must begin with $2a$, $2b$ or $2y$ and have 60 characters. This one does not, or it was altered.',
      'Copy the whole hash again.',
    );
  }
  parameter(cost.replace(/^0/, ''), { name: 'The cost of a bcrypt hash', least: 4, most: HIGHEST_COST });
  return text.replace(/^\$2[ay]/, '$2b');
}
