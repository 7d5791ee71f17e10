// What a sign-in still needs, given its evidence. The statecharts call these functions.
import { AssuranceLevel, assuranceLevel, categoriesOf } from './assurance.ts';
import type { Evidence } from './evidence.ts';
import { Category, FACTOR_TRAITS, FactorKind } from './factor-kind.ts';

/** Whether users of a tenant must have a second factor. A user who has one must always prove it. */
export const SecondFactorPolicy = { OPTIONAL: 'OPTIONAL', REQUIRED: 'REQUIRED' } as const;
export type SecondFactorPolicy = (typeof SecondFactorPolicy)[keyof typeof SecondFactorPolicy];

/** The factors that a user has. */
export interface AvailableFactors {
  /**
   * The user's second factors, including those that cannot be used right now: turning text messages off must not make a
   * password enough.
   */
  readonly enrolled: readonly FactorKind[];
  /** The first factors that can be used now. */
  readonly first: readonly FactorKind[];
  /** Whether the user has an account at a provider whose second factor the configuration trusts. */
  readonly atProvider?: boolean;
}

/** Backup codes replace another second factor. On their own they are not one. */
export function enrolledSecondFactors({
  kinds,
  hasPhone,
  hasBackupCodes,
}: {
  /** The kinds of the confirmed authenticators that are second factors. */
  readonly kinds: readonly FactorKind[];
  /** Whether the user has verified a phone number and turned it on as a second factor. */
  readonly hasPhone: boolean;
  readonly hasBackupCodes: boolean;
}): FactorKind[] {
  const enrolled = hasPhone ? [...kinds, FactorKind.PHONE_CODE] : [...kinds];
  return enrolled.length > 0 && hasBackupCodes ? [...enrolled, FactorKind.BACKUP_CODE] : enrolled;
}

export type Demand =
  | 'FIRST_FACTOR'
  | 'SECOND_FACTOR'
  | 'ENROLLMENT'
  /** The user has lost the factors that are needed. Only an administrator can help. */
  | 'ADMINISTRATOR'
  | 'NOTHING';

export function nextDemand(
  evidence: readonly Evidence[],
  availableFactors: AvailableFactors,
  policy: SecondFactorPolicy,
): Demand {
  const { enrolled } = availableFactors;
  if (evidence.length === 0) return 'FIRST_FACTOR';
  if (assuranceLevel(evidence) === AssuranceLevel.AAL2) return 'NOTHING';
  if (enrolled.length === 0 && policy === SecondFactorPolicy.OPTIONAL) return 'NOTHING';
  if (furtherSteps(evidence, availableFactors).length > 0) return 'SECOND_FACTOR';
  const canEnroll = enrolled.length === 0 && categoriesOf(evidence).has(Category.KNOWLEDGE);
  return canEnroll ? 'ENROLLMENT' : 'ADMINISTRATOR';
}

/** Two steps need two categories: the factors of this user that add a category to what is already proved. */
export function furtherSteps(
  evidence: readonly Evidence[],
  { enrolled, first }: AvailableFactors,
): FactorKind[] {
  const proved = categoriesOf(evidence);
  return [...enrolled, ...known(first)].filter((kind) =>
    FACTOR_TRAITS[kind].categories.some((category) => !proved.has(category)),
  );
}

/**
 * A phone number that only starts a sign-in proves nothing. It must be one that the user turned on as a second factor.
 */
function known(first: readonly FactorKind[]): FactorKind[] {
  return first.filter((kind) => FACTOR_TRAITS[kind].categories.includes(Category.KNOWLEDGE));
}

/** `mfa.v` in the access token: whether the session meets the policy for this user. */
export function meetsPolicy(
  evidence: readonly Evidence[],
  enrolled: readonly FactorKind[],
  policy: SecondFactorPolicy,
): boolean {
  return nextDemand(evidence, { enrolled, first: [] }, policy) === 'NOTHING';
}

/** Which proofs are accepted from a user who is already signed in. */
export interface Acceptable {
  /** The accepted second factors, for a user who has one. */
  readonly accept: readonly FactorKind[];
  /** Whether a first factor is accepted from a user who has no second factor. */
  readonly acceptsFirst: boolean;
  /** Whether the second factor of a provider is accepted from such a user. */
  readonly acceptsProvider?: boolean;
}

/** The factors that such a user may prove. A user with a second factor is never offered a first one. */
export function provable(
  { accept, acceptsFirst, acceptsProvider = false }: Acceptable,
  { enrolled, first, atProvider = false }: AvailableFactors,
): FactorKind[] {
  if (enrolled.length > 0) return accept.filter((kind) => enrolled.includes(kind));
  if (acceptsFirst) return known(first);
  return acceptsProvider && atProvider ? [FactorKind.OAUTH] : [];
}

/**
 * A user who resets a password has forgotten it, so it is not offered as a proof. Neither is an identity provider: who can
 * use one signs in and changes the password.
 */
export function withoutPassword({ enrolled, first }: AvailableFactors): AvailableFactors {
  return {
    enrolled,
    first: first.filter((kind) => kind !== FactorKind.PASSWORD && kind !== FactorKind.OAUTH),
  };
}

/**
 * What a password reset still needs. It starts with a code or link sent to the user. A mailbox counts as knowledge, so
 * a user with a second factor must prove that next. A phone number can be stolen by SIM swap, so after it every user
 * needs a second step of another category.
 */
export function resetDemand(evidence: readonly Evidence[], availableFactors: AvailableFactors): Demand {
  const hasKnowledge = categoriesOf(evidence).has(Category.KNOWLEDGE);
  const policy = hasKnowledge ? SecondFactorPolicy.OPTIONAL : SecondFactorPolicy.REQUIRED;
  return nextDemand(evidence, withoutPassword(availableFactors), policy);
}
