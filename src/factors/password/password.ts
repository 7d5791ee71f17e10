// The password: something known. NIST SP 800-63B-4 section 3.1.1.
import { FactorKind } from '../../policy/factor-kind.ts';
import { DEFAULT_PASSWORD_POLICY } from '../../policy/password-policy.ts';
import { type Factor, type ProofField, REJECTED } from '../factor.ts';
import type { PasswordHasher } from './hash.ts';

export const PASSWORD_PROOF: ProofField = {
  factor: FactorKind.PASSWORD,
  name: 'password',
  description: 'The password. Compared after NFC normalisation.',
  maximumLength: DEFAULT_PASSWORD_POLICY.maximumLength,
};

export function passwordFactor(hasher: PasswordHasher): Factor {
  return {
    kind: FactorKind.PASSWORD,
    proof: PASSWORD_PROOF,
    needsPreparing: false,
    options: (account) =>
      account.authenticators.some((one) => one.factor === FactorKind.PASSWORD)
        ? [{ factor: FactorKind.PASSWORD, authenticatorId: null, hint: null, needsPreparing: false }]
        : [],
    async verify(proof, { authenticators }) {
      const stored = authenticators.find((one) => one.factor === FactorKind.PASSWORD);
      if (!(await hasher.matches(proof, stored?.secret ?? null)) || stored === undefined) return REJECTED;
      if (!hasher.isOutdated(stored.secret)) {
        return { accepted: true, authenticatorId: stored.id, consume: null };
      }
      const renewed = await hasher.hash(proof);
      return {
        accepted: true,
        authenticatorId: stored.id,
        // Only while the hash is the one that was matched: a password changed meanwhile must not come back.
        consume: async (sql) => {
          await sql
            .updateTable('authenticator')
            .set({ secret: renewed })
            .where('id', '=', stored.id)
            .where('secret', '=', stored.secret)
            .execute();
          return true;
        },
      };
    },
  };
}
