// bcrypt of the password followed by a pepper, as Devise makes it. The text is Clerk's: the bcrypt hash, a dollar sign
// and the pepper. As in Devise, only the first 72 bytes of both together count.
import bcrypt from 'bcrypt';
import { canonicalBcrypt } from './bcrypt.ts';
import type { LegacyHash } from './scheme.ts';

const FORM = /^(?<hash>\$2[a-z]?\$\d\d\$[./A-Za-z0-9]{53})\$(?<pepper>.+)$/;

export function bcryptPepperedHash(text: string): LegacyHash | null {
  const { hash, pepper } = FORM.exec(text)?.groups ?? {};
  if (hash === undefined || pepper === undefined) return null;
  const canonical = canonicalBcrypt(hash);
  return {
    scheme: 'bcrypt-peppered',
    text: `${canonical}$${pepper}`,
    isFast: false,
    verify: (password) => bcrypt.compareSync(password + pepper, canonical),
  };
}
