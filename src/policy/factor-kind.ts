// The kinds of factors and what each one proves: one row each. All code that compares factors reads this table.

/** What a factor proves: something you know, something you have, or something you are (NIST SP 800-63B-4 section 2). */
export const Category = {
  KNOWLEDGE: 'KNOWLEDGE',
  POSSESSION: 'POSSESSION',
  INHERENCE: 'INHERENCE',
} as const;
export type Category = (typeof Category)[keyof typeof Category];

export interface FactorTraits {
  /**
   * The least that a completion proves. Access to a mailbox or an identity provider depends on a password kept
   * elsewhere, so it counts as knowledge and can never be the second step after a password.
   */
  readonly categories: readonly Category[];
  /**
   * The category that it proves as well when the authenticator has verified its user. A passkey does not say whether it
   * was by a PIN or a biometric, so it is not knowledge: no rule that asks for knowledge takes it.
   */
  readonly verifies?: Category;
  /** Authentication method references, RFC 8176 section 2. */
  readonly amr: readonly string[];
  /** The name under `mfa.c` in an access token: SuperTokens' factor ids, plus our own. */
  readonly factorId: string;
  /** Whether a user can enroll it and use it as the second step. */
  readonly isSecondStep: boolean;
  /** Set for the one kind that a user without a second factor enrolls in a sign-up or sign-in that requires one. */
  readonly isEnrolledFirst?: true;
  /** Whether a proof is made for one origin, so that nobody can be tricked into giving it to another one. */
  readonly isPhishingResistant?: true;
  /** What a guess is checked against. Null for a factor whose secrets have 64 bits or more. */
  readonly guessedAt: GuessedAt | null;
}

/** A secret that lasts, a code that was sent, or short backup codes. */
export type GuessedAt = 'LASTING_SECRET' | 'CHALLENGE' | 'SHORT_BACKUP_CODES';

const { KNOWLEDGE, POSSESSION, INHERENCE } = Category;

const ROWS = {
  PASSWORD: {
    categories: [KNOWLEDGE],
    amr: ['pwd'],
    factorId: 'emailpassword',
    isSecondStep: false,
    guessedAt: 'LASTING_SECRET',
  },
  EMAIL_CODE: {
    categories: [KNOWLEDGE],
    amr: ['otp'],
    factorId: 'otp-email',
    isSecondStep: false,
    guessedAt: 'CHALLENGE',
  },
  EMAIL_LINK: {
    categories: [KNOWLEDGE],
    amr: ['otp'],
    factorId: 'link-email',
    isSecondStep: false,
    guessedAt: null,
  },
  PHONE_CODE: {
    categories: [POSSESSION],
    amr: ['otp', 'sms'],
    factorId: 'otp-phone',
    isSecondStep: true,
    guessedAt: 'CHALLENGE',
  },
  PHONE_LINK: {
    categories: [POSSESSION],
    amr: ['otp', 'sms'],
    factorId: 'link-phone',
    isSecondStep: false,
    guessedAt: null,
  },
  TOTP: {
    categories: [POSSESSION],
    amr: ['otp'],
    factorId: 'totp',
    isSecondStep: true,
    isEnrolledFirst: true,
    guessedAt: 'LASTING_SECRET',
  },
  BACKUP_CODE: {
    categories: [POSSESSION],
    amr: ['otp'],
    factorId: 'backup-code',
    isSecondStep: true,
    guessedAt: 'SHORT_BACKUP_CODES',
  },
  DEVICE_APPROVAL: {
    categories: [POSSESSION],
    amr: ['swk'],
    factorId: 'device-approval',
    isSecondStep: true,
    // The proof is a signature. The number that the user types can be tried once for each challenge.
    guessedAt: null,
  },
  PASSKEY: {
    categories: [POSSESSION],
    amr: ['hwk'],
    factorId: 'passkey',
    isSecondStep: true,
    verifies: INHERENCE,
    isPhishingResistant: true,
    guessedAt: null,
  },
  OAUTH: {
    categories: [KNOWLEDGE],
    amr: ['fed'],
    factorId: 'thirdparty',
    isSecondStep: false,
    guessedAt: null,
  },
  CERTIFICATE: {
    categories: [POSSESSION],
    amr: ['pop'],
    factorId: 'certificate',
    isSecondStep: true,
    verifies: KNOWLEDGE,
    isPhishingResistant: true,
    guessedAt: null,
  },
} as const satisfies Readonly<Record<string, FactorTraits>>;

/** The factors that a user can complete. */
export type FactorKind = keyof typeof ROWS;
export const FACTOR_TRAITS: Readonly<Record<FactorKind, FactorTraits>> = ROWS;
export const FACTOR_KINDS = Object.keys(ROWS) as FactorKind[];
export const FactorKind = Object.fromEntries(FACTOR_KINDS.map((kind) => [kind, kind])) as {
  readonly [Kind in FactorKind]: Kind;
};

/** A second factor proves possession (a passkey with user verification proves possession and more). */
export function isSecondFactor(kind: FactorKind): boolean {
  return FACTOR_TRAITS[kind].categories.includes(POSSESSION);
}

/** What a completion proves when the authenticator has verified its user. */
export function categoriesWhenVerified(kind: FactorKind): readonly Category[] {
  const { categories, verifies } = FACTOR_TRAITS[kind];
  return verifies === undefined ? categories : [...categories, verifies];
}

export const SECOND_FACTORS: readonly FactorKind[] = FACTOR_KINDS.filter(isSecondFactor);

/** What `@stepUp` accepts. Leaves out second factors that no user can enroll yet. */
export const SECOND_STEPS: readonly FactorKind[] = FACTOR_KINDS.filter(
  (kind) => FACTOR_TRAITS[kind].isSecondStep,
);

/** What a user without a second factor enrolls in a sign-up or sign-in that requires one. */
export const ENROLLED_FIRST: FactorKind = enrolledFirst();

function enrolledFirst(): FactorKind {
  const [kind, another] = FACTOR_KINDS.filter((one) => FACTOR_TRAITS[one].isEnrolledFirst);
  if (kind === undefined || another !== undefined)
    throw new Error('Exactly one row of FACTOR_TRAITS must be `isEnrolledFirst`.');
  return kind;
}
