// bcrypt, as almost every system writes it: `$2a$`, `$2b$` and `$2y$` are one algorithm, whose names tell of defects
// that some programs once had.
import bcrypt from 'bcrypt';
import { type ForeignHash, ForeignHashRefused } from './scheme.ts';

const FORM = /^\$2[aby]\$(?<cost>\d\d)\$[./A-Za-z0-9]{53}$/;
/** A cost of 16 takes some seconds; each further one twice as long. */
const HIGHEST_COST = 16;

export function bcryptHash(text: string): ForeignHash | null {
  const cost = FORM.exec(text)?.groups?.['cost'];
  if (cost === undefined) return null;
  if (Number(cost) < 4 || Number(cost) > HIGHEST_COST) {
    throw new ForeignHashRefused(`The cost of a bcrypt hash must be from 4 to ${HIGHEST_COST}.`);
  }
  const canonical = text.replace(/^\$2[ay]/, '$2b');
  return {
    scheme: 'bcrypt',
    text: canonical,
    isFast: false,
    verify: (password) => bcrypt.compareSync(password, canonical),
  };
}
