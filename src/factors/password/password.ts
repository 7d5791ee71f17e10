// The password factor: something you know (NIST SP 800-63B-4 section 3.1.1).
import { FactorKind } from '../../policy/factor-kind.ts';
import { MAXIMUM_LENGTH } from '../../policy/password-policy.ts';
import type { StoredAuthenticator } from '../account.ts';
import { type Consume, defineFactor, REJECTED } from '../factor.ts';
import { textProof } from '../proof.ts';
import type { PasswordHasher } from './hash.ts';
import { OverloadedError } from './hashing-queue.ts';
import { PASSWORD_COLUMNS } from './sealed-columns.ts';
import { passwordTransfer } from './transfer.ts';

/** NFC combines at most four code points into one (UAX #15), and the policy counts code points after NFC. */
const DECOMPOSED = 4;

export const passwordFactor = defineFactor({
  kind: FactorKind.PASSWORD,
  description: 'A password. Knowledge.',
  name: { en: 'A password', de: 'ein Passwort' },
  proofs: [
    textProof({
      name: 'password',
      description: 'The password. Unicode NFC normalisation is applied.',
      maximumLength: DECOMPOSED * MAXIMUM_LENGTH,
    }),
  ],
  roles: ['FIRST'],
  reaches: null,
  transfer: passwordTransfer,
  sealed: PASSWORD_COLUMNS,
  create: ({ hasher }: { readonly hasher: PasswordHasher }) => ({
    options: (account) =>
      account.authenticators.some((one) => one.factor === FactorKind.PASSWORD)
        ? [{ factor: FactorKind.PASSWORD, authenticatorId: null, hint: null, needsPreparing: false }]
        : [],
    async verify(proof, { authenticators }) {
      const stored = authenticators.find((one) => one.factor === FactorKind.PASSWORD);
      if (!(await hasher.matches(proof, stored ?? null)) || stored === undefined) return REJECTED;
      const { enrolledAt = null } = stored;
      return { accepted: true, consume: await renew(hasher, proof, stored), enrolledAt };
    },
  }),
});

/** Replaces a hash of another system, of another cost or with an older key, now that the password is known. */
async function renew(
  hasher: PasswordHasher,
  password: string,
  stored: StoredAuthenticator,
): Promise<Consume | null> {
  if (!hasher.isOutdated(stored.secret)) return null;
  const renewed = await hasher.hash(password).catch((error: unknown) => {
    if (error instanceof OverloadedError) return null; // a later sign-in can do it
    throw error;
  });
  if (renewed === null) return null;
  // Only if the stored hash is still the one that matched: a password that was changed meanwhile must not be restored.
  return (unitOfWork) =>
    unitOfWork.write((sql) =>
      sql
        .updateTable('authenticator')
        .set({ secret: renewed })
        .where('id', '=', stored.id)
        .where('secret', '=', stored.secret),
    );
}
