// Choosing a password, at a sign-up, a change or a reset: one policy in one place. Its form is looked at first, then
// whether it was seen in a breach, then how hard it is to guess (NIST SP 800-63B-4 section 3.1.1.2).
import { UserError } from '../../platform/user-error.ts';
import {
  formProblems,
  normalisePassword,
  type PasswordPolicy,
  type PasswordProblem,
  PasswordStrength,
  problem,
} from '../../policy/password-policy.ts';
import type { Breach, BreachedPasswords } from './breached/breached.ts';
import { guessableWords, type PasswordOwner } from './guessable-words.ts';
import type { PasswordHasher } from './hash.ts';
import { type Strength, strengthOf } from './strength/strength.ts';

/** The password does not meet the policy. */
export class PasswordRejected extends UserError {
  readonly code = 'PASSWORD_REJECTED';
  readonly problems: readonly PasswordProblem[];

  constructor(problems: readonly PasswordProblem[]) {
    super(problems.map(({ message, suggestions }) => [message, ...suggestions].join(' ')).join(' '));
    this.problems = problems;
  }
}

export interface Assessment {
  /** The rules that it breaks; none when it will do. */
  readonly problems: readonly PasswordProblem[];
  /** Null where it was not estimated, because of its length. */
  readonly strength: PasswordStrength | null;
}

interface NewPasswordParts {
  readonly hasher: PasswordHasher;
  readonly breached: BreachedPasswords;
  /** What users know this instance by. */
  readonly productName: string;
}

export class NewPasswords {
  readonly #hasher: PasswordHasher;
  readonly #breached: BreachedPasswords;
  readonly #productName: string;

  constructor({ hasher, breached, productName }: NewPasswordParts) {
    this.#hasher = hasher;
    this.#breached = breached;
    this.#productName = productName;
  }

  /** @throws {OverloadedError} @throws {BreachedUnavailableError} */
  async assess(password: string, policy: PasswordPolicy, owner: PasswordOwner): Promise<Assessment> {
    const ofForm = formProblems(password, policy);
    if (ofForm.some(({ rule }) => rule === 'TOO_SHORT' || rule === 'TOO_LONG')) {
      return { problems: ofForm, strength: null };
    }
    const normal = normalisePassword(password);
    const [breach, strength] = await Promise.all([
      this.#breached.find(normal),
      strengthOf(normal, guessableWords(this.#productName, owner)),
    ]);
    const found = [
      ...ofForm,
      ...(breach === null ? [] : [breached(breach)]),
      ...(rank(strength.level) < rank(policy.strength) ? [tooWeak(strength)] : []),
    ];
    return { problems: found, strength: strength.level };
  }

  /**
   * As it is to be stored.
   * @throws {PasswordRejected} @throws {OverloadedError} @throws {BreachedUnavailableError}
   */
  async hash(password: string, policy: PasswordPolicy, owner: PasswordOwner): Promise<string> {
    const { problems } = await this.assess(password, policy, owner);
    if (problems.length > 0) throw new PasswordRejected(problems);
    return this.#hasher.hash(password);
  }
}

const STRENGTHS = Object.keys(PasswordStrength);

function rank(strength: PasswordStrength): number {
  return STRENGTHS.indexOf(strength);
}

function breached({ times }: Breach): PasswordProblem {
  const seen =
    times === null ? 'is among the most common ones' : `was seen in breaches at least ${times} times`;
  return {
    ...problem(
      'BREACHED',
      `This password ${seen}, so it is among the first that an attacker tries. Choose another one, and change it wherever you use it.`,
    ),
    timesSeen: times,
  };
}

function tooWeak({ warning, suggestions }: Strength): PasswordProblem {
  const why = warning ?? 'The password is too easy to guess.';
  const how =
    suggestions.length > 0
      ? suggestions
      : ['Choose a longer one, for example of several words that have nothing to do with each other.'];
  return { ...problem('TOO_WEAK', why), suggestions: how };
}
