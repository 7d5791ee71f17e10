// The kinds of factors and what each one proves. All code that compares factors reads this table.

/** The factors that a user can complete. */
export const FactorKind = {
  PASSWORD: 'PASSWORD',
  EMAIL_CODE: 'EMAIL_CODE',
  EMAIL_LINK: 'EMAIL_LINK',
  PHONE_CODE: 'PHONE_CODE',
  PHONE_LINK: 'PHONE_LINK',
  TOTP: 'TOTP',
  BACKUP_CODE: 'BACKUP_CODE',
  PASSKEY: 'PASSKEY',
  OAUTH: 'OAUTH',
} as const;
export type FactorKind = (typeof FactorKind)[keyof typeof FactorKind];

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
  /** Authentication method references, RFC 8176 section 2. */
  readonly amr: readonly string[];
  /** The name under `mfa.c` in an access token: SuperTokens' factor ids, plus two of our own. */
  readonly factorId: string;
  /** Whether a user can enroll it and use it as the second step. */
  readonly isSecondStep: boolean;
}

const { KNOWLEDGE, POSSESSION } = Category;

export const FACTOR_TRAITS: Readonly<Record<FactorKind, FactorTraits>> = {
  PASSWORD: { categories: [KNOWLEDGE], amr: ['pwd'], factorId: 'emailpassword', isSecondStep: false },
  EMAIL_CODE: { categories: [KNOWLEDGE], amr: ['otp'], factorId: 'otp-email', isSecondStep: false },
  EMAIL_LINK: { categories: [KNOWLEDGE], amr: ['otp'], factorId: 'link-email', isSecondStep: false },
  PHONE_CODE: { categories: [POSSESSION], amr: ['otp', 'sms'], factorId: 'otp-phone', isSecondStep: true },
  PHONE_LINK: { categories: [POSSESSION], amr: ['otp', 'sms'], factorId: 'link-phone', isSecondStep: false },
  TOTP: { categories: [POSSESSION], amr: ['otp'], factorId: 'totp', isSecondStep: true },
  BACKUP_CODE: { categories: [POSSESSION], amr: ['otp'], factorId: 'backup-code', isSecondStep: true },
  PASSKEY: { categories: [POSSESSION], amr: ['hwk'], factorId: 'passkey', isSecondStep: false },
  OAUTH: { categories: [KNOWLEDGE], amr: ['fed'], factorId: 'thirdparty', isSecondStep: false },
};

export const FACTOR_KINDS = Object.values(FactorKind);

/** A second factor proves possession (a passkey with user verification proves possession and more). */
export function isSecondFactor(kind: FactorKind): boolean {
  return FACTOR_TRAITS[kind].categories.includes(POSSESSION);
}

export const SECOND_FACTORS: readonly FactorKind[] = FACTOR_KINDS.filter(isSecondFactor);

/** What `@stepUp` accepts. Leaves out second factors that no user can enroll yet. */
export const SECOND_STEPS: readonly FactorKind[] = FACTOR_KINDS.filter(
  (kind) => FACTOR_TRAITS[kind].isSecondStep,
);
