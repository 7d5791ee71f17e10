// bcrypt, as almost every system writes it: `$2a$`, `$2b$` and `$2y$` are one algorithm, whose names tell of defects
// that some programs once had. It takes the first 72 bytes of a password, here as in the system that made the hash.
import bcrypt from 'bcrypt';
import { parameter } from './parameter.ts';
import { type ForeignHash, ForeignHashRefused } from './scheme.ts';

/** The last digit of the salt stands for two bits, that of the hash for four: with others a hash would never match. */
const FORM = /^\$2[aby]\$(?<cost>\d\d)\$[./A-Za-z0-9]{21}[.Oeu][./A-Za-z0-9]{30}[.CGKOSWaeimquy26]$/;
/** A cost of 16 takes some seconds; each further one twice as long. */
const HIGHEST_COST = 16;

export function bcryptHash(text: string): ForeignHash | null {
  if (!/^\$2[a-z]?\$/.test(text)) return null;
  const canonical = canonicalBcrypt(text);
  return {
    scheme: 'bcrypt',
    text: canonical,
    isFast: false,
    verify: (password) => bcrypt.compareSync(password, canonical),
  };
}

/** @throws {ForeignHashRefused} */
export function canonicalBcrypt(text: string): string {
  const cost = FORM.exec(text)?.groups?.['cost'];
  if (cost === undefined) {
    throw new ForeignHashRefused(
      'A hash by bcrypt begins with $2a$, $2b$ or $2y$ and has 60 characters: this one does not, or was altered.',
      'Copy it once more, whole.',
    );
  }
  parameter(cost.replace(/^0/, ''), { name: 'The cost of a hash by bcrypt', least: 4, most: HIGHEST_COST });
  return text.replace(/^\$2[ay]/, '$2b');
}
