// What a sign-in still lacks. Charts ask; this answers, over evidence.
import { AssuranceLevel, assuranceLevel } from './assurance.ts';
import type { Evidence } from './evidence.ts';
import type { FactorKind } from './factor-kind.ts';

/** Whether users of a tenant must have a second factor. One who has it must always prove it. */
export const SecondFactorPolicy = { OPTIONAL: 'OPTIONAL', REQUIRED: 'REQUIRED' } as const;
export type SecondFactorPolicy = (typeof SecondFactorPolicy)[keyof typeof SecondFactorPolicy];

export type Demand = 'FIRST_FACTOR' | 'SECOND_FACTOR' | 'ENROLLMENT' | 'NOTHING';

/** @param enrolled the second factors that the user could prove now. */
export function nextDemand(
  evidence: readonly Evidence[],
  enrolled: readonly FactorKind[],
  policy: SecondFactorPolicy,
): Demand {
  if (evidence.length === 0) return 'FIRST_FACTOR';
  if (assuranceLevel(evidence) === AssuranceLevel.AAL2) return 'NOTHING';
  if (enrolled.length > 0) return 'SECOND_FACTOR';
  return policy === SecondFactorPolicy.REQUIRED ? 'ENROLLMENT' : 'NOTHING';
}

/** `mfa.v` in the access token: whether the session holds all that the policy demands of this user. */
export function meetsPolicy(
  evidence: readonly Evidence[],
  enrolled: readonly FactorKind[],
  policy: SecondFactorPolicy,
): boolean {
  return nextDemand(evidence, enrolled, policy) === 'NOTHING';
}

/** What will do as a proof by somebody who is signed in already. */
export interface Acceptable {
  /** The second factors that will do, for a user who has a second factor. */
  readonly accept: readonly FactorKind[];
  /** The first factors that will do for a user who has no second one. */
  readonly firstFactors: readonly FactorKind[];
}

/** The factors that may be proved by a user with these second factors: never a first one beside a second. */
export function provable(
  { accept, firstFactors }: Acceptable,
  enrolled: readonly FactorKind[],
): FactorKind[] {
  return enrolled.length > 0 ? accept.filter((kind) => enrolled.includes(kind)) : [...firstFactors];
}
