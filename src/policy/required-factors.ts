// What a sign-in still lacks. Charts ask; this answers, over evidence.
import { AssuranceLevel, assuranceLevel, categoriesOf } from './assurance.ts';
import type { Evidence } from './evidence.ts';
import { Category, FACTOR_TRAITS, FactorKind } from './factor-kind.ts';

/** Whether users of a tenant must have a second factor. One who has it must always prove it. */
export const SecondFactorPolicy = { OPTIONAL: 'OPTIONAL', REQUIRED: 'REQUIRED' } as const;
export type SecondFactorPolicy = (typeof SecondFactorPolicy)[keyof typeof SecondFactorPolicy];

/** What a user has. */
export interface Holdings {
  /**
   * What the user has made a second factor, even if it could not be proved just now: switching text messages off must
   * not make a password enough.
   */
  readonly enrolled: readonly FactorKind[];
  /** The first factors that could be proved now. */
  readonly first: readonly FactorKind[];
}

/** Backup codes stand in for another second factor, never alone. */
export function enrolledSecondFactors({
  kinds,
  hasPhone,
  hasBackupCodes,
}: {
  /** Of the confirmed authenticators that are second factors. */
  readonly kinds: readonly FactorKind[];
  /** A proved number of which the user said that it is one. */
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
  /** The user has lost what would be needed, and nothing here may let them pass without it. */
  | 'ADMINISTRATOR'
  | 'NOTHING';

export function nextDemand(
  evidence: readonly Evidence[],
  holdings: Holdings,
  policy: SecondFactorPolicy,
): Demand {
  const { enrolled } = holdings;
  if (evidence.length === 0) return 'FIRST_FACTOR';
  if (assuranceLevel(evidence) === AssuranceLevel.AAL2) return 'NOTHING';
  if (enrolled.length === 0 && policy === SecondFactorPolicy.OPTIONAL) return 'NOTHING';
  if (furtherSteps(evidence, holdings).length > 0) return 'SECOND_FACTOR';
  const canEnroll = enrolled.length === 0 && categoriesOf(evidence).has(Category.KNOWLEDGE);
  return canEnroll ? 'ENROLLMENT' : 'ADMINISTRATOR';
}

/** Two steps, two categories: what this user could prove that adds a category to what was proved. */
export function furtherSteps(evidence: readonly Evidence[], { enrolled, first }: Holdings): FactorKind[] {
  const proved = categoriesOf(evidence);
  return [...enrolled, ...known(first)].filter((kind) =>
    FACTOR_TRAITS[kind].categories.some((category) => !proved.has(category)),
  );
}

/** A phone number that can begin a sign-in proves nothing by that: only one that the user made a second factor does. */
function known(first: readonly FactorKind[]): FactorKind[] {
  return first.filter((kind) => FACTOR_TRAITS[kind].categories.includes(Category.KNOWLEDGE));
}

/** `mfa.v` in the access token: whether the session holds all that the policy demands of this user. */
export function meetsPolicy(
  evidence: readonly Evidence[],
  enrolled: readonly FactorKind[],
  policy: SecondFactorPolicy,
): boolean {
  return nextDemand(evidence, { enrolled, first: [] }, policy) === 'NOTHING';
}

/** What will do as a proof by somebody who is signed in already. */
export interface Acceptable {
  /** The second factors that will do, for a user who has a second factor. */
  readonly accept: readonly FactorKind[];
  /** Whether a first factor will do for a user who has no second one. */
  readonly acceptsFirst: boolean;
}

/** The factors that may be proved by such a user: never a first one beside a second. */
export function provable({ accept, acceptsFirst }: Acceptable, { enrolled, first }: Holdings): FactorKind[] {
  if (enrolled.length > 0) return accept.filter((kind) => enrolled.includes(kind));
  return acceptsFirst ? known(first) : [];
}

/** Whoever resets a password has forgotten it: it proves nothing there. */
export function withoutPassword({ enrolled, first }: Holdings): Holdings {
  return { enrolled, first: first.filter((kind) => kind !== FactorKind.PASSWORD) };
}

/**
 * What a password reset still lacks. It begins with what reaches the user. A mailbox stands for a password, so a user
 * with a second factor then proves that one; a phone alone could be anybody's after a SIM swap, so it takes a second
 * step of another category from everybody.
 */
export function resetDemand(evidence: readonly Evidence[], holdings: Holdings): Demand {
  const hasKnowledge = categoriesOf(evidence).has(Category.KNOWLEDGE);
  const policy = hasKnowledge ? SecondFactorPolicy.OPTIONAL : SecondFactorPolicy.REQUIRED;
  return nextDemand(evidence, withoutPassword(holdings), policy);
}
