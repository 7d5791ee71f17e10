// The cells of the matrix, and an oracle that says what a session, an account or a new password requires in each. It
// follows the rules of the product and shares no code with the policy.
import { FIRST, type Means } from './means.ts';
import { ENROLLED, type Enrolled, SECOND_FACTORS_OF } from './people.ts';

export const POLICIES = ['OPTIONAL', 'REQUIRED'] as const;
export type Policy = (typeof POLICIES)[number];

/** The proofs of a user, with the categories that they prove. */
export interface Proved {
  readonly factor: Means;
  readonly worth: 'KNOWLEDGE' | 'POSSESSION' | null;
}

export interface Situation {
  readonly enrolled: Enrolled;
  readonly policy: Policy;
}

export const hasSecondFactor = ({ enrolled }: Situation) => enrolled !== 'no second factor';
const proves = (worth: Proved['worth'], proved: readonly Proved[]) =>
  proved.some((one) => one.worth === worth);
const bothCategories = (proved: readonly Proved[]) =>
  proves('KNOWLEDGE', proved) && proves('POSSESSION', proved);
const isMailbox = ({ factor }: Proved) => factor === 'EMAIL_CODE' || factor === 'EMAIL_LINK';

/** A session requires a first factor, and both categories from a user who has or must have a second factor. */
export function sessionTakes(situation: Situation) {
  const both = hasSecondFactor(situation) || situation.policy === 'REQUIRED';
  return (proved: readonly Proved[]) => (both ? bothCategories(proved) : proved.length > 0);
}

/** A sign-up starts with a password, and requires the mailbox and, if the policy says so, a second factor. */
export function accountTakes({ policy }: Situation) {
  return (proved: readonly Proved[]) =>
    proved.some(isMailbox) && (policy === 'OPTIONAL' || proves('POSSESSION', proved));
}

/** A new password requires the mailbox, because a phone alone is not enough and the password was forgotten. */
export function newPasswordTakes(situation: Situation) {
  return (proved: readonly Proved[]) =>
    proved.some(isMailbox) && (!hasSecondFactor(situation) || proves('POSSESSION', proved));
}

/** In a session: a fresh second factor and both categories if the user has one, or else a fresh proof of knowledge. */
export function freshnessTakes(situation: Situation, held: readonly Proved[]) {
  return (proved: readonly Proved[]) =>
    hasSecondFactor(situation)
      ? proves('POSSESSION', proved) && bothCategories([...held, ...proved])
      : proves('KNOWLEDGE', proved);
}

/** How a sign-in or a reset starts. `to` is the recipient of a phone's messages. */
const BEGINNINGS = [
  { first: 'PASSWORD', to: 'email' },
  { first: 'EMAIL_CODE', to: 'email' },
  { first: 'EMAIL_LINK', to: 'email' },
  { first: 'PASSKEY', to: 'email' },
  { first: 'PHONE_CODE', to: 'number' },
  { first: 'PHONE_LINK', to: 'number' },
  { first: 'PHONE_CODE', to: 'secondNumber' },
  { first: 'PHONE_LINK', to: 'secondNumber' },
  { first: 'CERTIFICATE', to: 'email' },
  { first: 'OAUTH', to: 'email' },
] as const;
export type Beginning = (typeof BEGINNINGS)[number];

const TITLES = {
  email: '',
  number: ' of a number that identifies',
  secondNumber: ' of a number that is a second factor',
};
export const SITUATIONS: readonly Situation[] = POLICIES.flatMap(
  (policy) => ENROLLED.map((enrolled) => ({ policy, enrolled })),
  // The policy makes no difference to a user who has a second factor, which the other situations show.
).filter(({ policy, enrolled }) => policy === 'OPTIONAL' || enrolled !== 'a certificate');
function canBegin({ enrolled }: Situation, { first, to }: Beginning): boolean {
  const { phone, passkey, certificate } = SECOND_FACTORS_OF[enrolled];
  if (first === 'PASSKEY') return passkey;
  if (first === 'CERTIFICATE') return certificate;
  return to !== 'secondNumber' || phone;
}

export const BY_BEGINNING = SITUATIONS.flatMap((situation) =>
  BEGINNINGS.filter((beginning) => canBegin(situation, beginning)).map((beginning) => ({
    ...situation,
    ...beginning,
    title: beginning.first + TITLES[beginning.to],
  })),
);
export const BY_SESSION = SITUATIONS.flatMap((situation) => FIRST.map((first) => ({ ...situation, first })));
