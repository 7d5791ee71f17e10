// The factors that a path can prove, and a wrong proof of each.
import type { FactorKind } from '../../../src/policy/factor-kind.ts';

export const PROOFS = {
  PASSWORD: { field: 'password', wrong: 'wrong password' },
  EMAIL_CODE: { field: 'emailCode', wrong: '000000' },
  EMAIL_LINK: { field: 'linkToken', wrong: 'A'.repeat(43) },
  PHONE_CODE: { field: 'phoneCode', wrong: '000000' },
  PHONE_LINK: { field: 'linkToken', wrong: 'A'.repeat(43) },
  TOTP: { field: 'totp', wrong: '000000' },
  BACKUP_CODE: { field: 'backupCode', wrong: 'WRONG-CODE' },
} as const satisfies Partial<Record<FactorKind, object>>;
export type Proved = keyof typeof PROOFS;
export const FACTORS = Object.keys(PROOFS) as Proved[];
