// The factors on offer: the configured list, from which the proof input, the public settings and the charts' first
// factors grow. A new factor is a line in each list here.
import type { KeyRing } from '../platform/key-ring.ts';
import { type FactorKind, isSecondFactor } from '../policy/factor-kind.ts';
import { BACKUP_CODE_PROOF, backupCodeFactor } from './backup-codes/backup-code.ts';
import { EMAIL_CODE_PROOF, emailCodeFactor } from './email/code.ts';
import type { Factor, ProofField } from './factor.ts';
import type { PasswordHasher } from './password/hash.ts';
import { PASSWORD_PROOF, passwordFactor } from './password/password.ts';
import { TOTP_PROOF, totpFactor } from './totp/totp.ts';

/** The members of the `ProofInput` of the API. */
export const PROOF_FIELDS: readonly ProofField[] = [
  PASSWORD_PROOF,
  EMAIL_CODE_PROOF,
  TOTP_PROOF,
  BACKUP_CODE_PROOF,
];

export class FactorRegistry {
  readonly all: readonly Factor[];

  constructor(ring: KeyRing, hasher: PasswordHasher) {
    this.all = [passwordFactor(hasher), emailCodeFactor(ring), totpFactor(ring), backupCodeFactor(ring)];
  }

  get(kind: FactorKind): Factor | undefined {
    return this.all.find((factor) => factor.kind === kind);
  }

  /** The kinds with which a sign-in may begin. */
  get first(): FactorKind[] {
    return this.all.map((factor) => factor.kind).filter((kind) => !isSecondFactor(kind));
  }

  /** The kinds that can be a second step. */
  get second(): FactorKind[] {
    return this.all.map((factor) => factor.kind).filter(isSecondFactor);
  }

  /** The kinds that a user may add with `startEnrollment`. */
  get enrollable(): FactorKind[] {
    return this.all.filter((factor) => factor.enroll !== undefined).map((factor) => factor.kind);
  }
}
