// Authenticator assurance (NIST SP 800-63B-4 section 2), derived from evidence.
import type { Evidence } from './evidence.ts';
import type { Category } from './factor-kind.ts';

export const AssuranceLevel = { AAL1: 'AAL1', AAL2: 'AAL2' } as const;
export type AssuranceLevel = (typeof AssuranceLevel)[keyof typeof AssuranceLevel];

/** AAL2 takes two different categories: two passwords are one category, and so are a password and a mailbox. */
export function assuranceLevel(evidence: readonly Evidence[]): AssuranceLevel {
  return categoriesOf(evidence).size >= 2 ? AssuranceLevel.AAL2 : AssuranceLevel.AAL1;
}

/** Everything that was proved. */
export function categoriesOf(evidence: readonly Evidence[]): Set<Category> {
  return new Set(evidence.flatMap((one) => one.categories));
}

/** The `acr` value of a level: `aal1`, `aal2`. */
export function acrOf(level: AssuranceLevel): 'aal1' | 'aal2' {
  return level === AssuranceLevel.AAL2 ? 'aal2' : 'aal1';
}

/** `amr` (RFC 8176): every method of the session; `mfa` when they prove more than one category. */
export function amrOf(evidence: readonly Evidence[]): string[] {
  const methods = new Set(evidence.flatMap((one) => one.amr));
  if (assuranceLevel(evidence) === AssuranceLevel.AAL2) methods.add('mfa');
  return [...methods];
}
