// bcrypt of the password with a pepper behind it, as Devise makes it. The text is the one in which Clerk takes it: the hash
// by bcrypt, a dollar sign and the pepper. bcrypt takes the first 72 bytes of both together, here as there.
import bcrypt from 'bcrypt';
import { canonicalBcrypt } from './bcrypt.ts';
import type { ForeignHash } from './scheme.ts';

const FORM = /^(?<hash>\$2[a-z]?\$\d\d\$[./A-Za-z0-9]{53})\$(?<pepper>.+)$/;

export function bcryptPepperedHash(text: string): ForeignHash | null {
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
