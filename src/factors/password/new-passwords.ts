// Checks a new password, at a sign-up, a change or a reset. It checks length and characters first, then known breaches
// and strength (NIST SP 800-63B-4 section 3.1.1.2).
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
  static readonly brief =
    'The password does not meet the password policy. `problems` lists the rules that it breaks.';
  static readonly description =
    'The new password does not meet the password policy. The message says what to change.';
  readonly code = 'PASSWORD_REJECTED';
  readonly problems: readonly PasswordProblem[];

  constructor(problems: readonly PasswordProblem[]) {
    super(problems.map(({ message, suggestions }) => [message, ...suggestions].join(' ')).join(' '));
    this.problems = problems;
  }
}

export interface Assessment {
  /** The rules that the password does not meet. Empty when it is acceptable. */
  readonly problems: readonly PasswordProblem[];
  /** Null when the password is too short or too long to be estimated. */
  readonly strength: PasswordStrength | null;
}

interface NewPasswordParts {
  readonly hasher: PasswordHasher;
  readonly breached: BreachedPasswords;
  /** The name by which users know this instance. */
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
   * Checks a password and returns the hash to store.
   *
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
    times === null ? 'is one of the most common' : `appears at least ${times} times in known data breaches`;
  return {
    ...problem(
      'BREACHED',
      `This password ${seen}, so attackers try it first. Choose another one, and change it wherever else you use it.`,
    ),
    timesSeen: times,
  };
}

function tooWeak({ warning, suggestions }: Strength): PasswordProblem {
  const why = warning ?? 'The password is too easy to guess.';
  const how =
    suggestions.length > 0 ? suggestions : ['Choose a longer password, for example several unrelated words.'];
  return { ...problem('TOO_WEAK', why), suggestions: how };
}
