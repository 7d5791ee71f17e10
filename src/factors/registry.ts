// The factors on offer: the configured list, from which the proof input, the public settings and the charts' factors
// grow. A new factor is a line in each list here.
import type { Places } from '../delivery/places.ts';
import type { KeyRing } from '../platform/key-ring.ts';
import type { FactorKind } from '../policy/factor-kind.ts';
import type { Holdings } from '../policy/required-factors.ts';
import { type SmsPolicy, SmsUse } from '../policy/sms.ts';
import { type Account, enrolledBy } from './account.ts';
import { BACKUP_CODE_PROOF, backupCodeFactor } from './backup-codes/backup-code.ts';
import { EMAIL_CODE_PROOF, emailCodeFactor } from './email/code.ts';
import { emailLinkFactor } from './email/link.ts';
import type { Factor, FactorChoice, FactorEnrollment, FactorRole, ProofField } from './factor.ts';
import type { IdentifierKind } from './identifier.ts';
import { LINK_PROOFS } from './link/link.ts';
import type { PasswordHasher } from './password/hash.ts';
import { PASSWORD_PROOF, passwordFactor } from './password/password.ts';
import { PHONE_CODE_PROOF, phoneCodeFactor } from './phone/code.ts';
import { phoneLinkFactor } from './phone/link.ts';
import { TOTP_PROOF, totpFactor } from './totp/totp.ts';

/** The members of the `ProofInput` of the API. */
export const PROOF_FIELDS: readonly ProofField[] = [
  PASSWORD_PROOF,
  EMAIL_CODE_PROOF,
  PHONE_CODE_PROOF,
  ...LINK_PROOFS,
  TOTP_PROOF,
  BACKUP_CODE_PROOF,
];

export interface FactorSettings {
  readonly sms: SmsPolicy;
  /** The page that links lead to. */
  readonly linkUrl: string;
  readonly places: Places;
}

export class FactorRegistry {
  readonly #all: readonly Factor[];
  readonly #sms: SmsPolicy;

  constructor(ring: KeyRing, hasher: PasswordHasher, { sms, linkUrl, places }: FactorSettings) {
    this.#sms = sms;
    this.#all = [
      passwordFactor(hasher),
      emailCodeFactor(ring),
      emailLinkFactor(linkUrl, places),
      phoneCodeFactor(ring, sms),
      ...(sms.sendsTexts ? [phoneLinkFactor(linkUrl, sms)] : []),
      totpFactor(ring),
      backupCodeFactor(ring),
    ];
  }

  get(kind: FactorKind): Factor | undefined {
    return this.#all.find((factor) => factor.kind === kind);
  }

  /** The kinds whose proofs come as this member of `ProofInput`. */
  provedBy(name: ProofField['name']): FactorKind[] {
    return kinds(this.#all.filter((factor) => factor.proofs.some((field) => field.name === name)));
  }

  /** The kinds with which a sign-in may begin. */
  first(sms: SmsUse): FactorKind[] {
    return kinds(this.#inRole('FIRST', sms));
  }

  /** Those for somebody who names such an identifier: they are the same whether anybody has it. */
  firstFor(identifier: IdentifierKind, sms: SmsUse): FactorKind[] {
    return kinds(
      this.#inRole('FIRST', sms).filter(({ reaches }) => reaches === null || reaches === identifier),
    );
  }

  /** The kinds that reach the holder of such an identifier, and so can stand for a password that was forgotten. */
  reaching(identifier: IdentifierKind, sms: SmsUse): FactorKind[] {
    return kinds(this.#inRole('FIRST', sms).filter(({ reaches }) => reaches === identifier));
  }

  /** The kinds that can be a second step. */
  second(sms: SmsUse): FactorKind[] {
    return kinds(this.#inRole('SECOND', sms));
  }

  /** The kinds that a user may add with `startEnrollment`. */
  enrollable(sms: SmsUse): FactorKind[] {
    return kinds(this.#inRole('SECOND', sms).filter((factor) => factor.enrollment !== undefined));
  }

  enrollmentOf(kind: FactorKind): FactorEnrollment {
    const enrollment = this.get(kind)?.enrollment;
    if (enrollment === undefined) throw new Error(`${kind} cannot be enrolled.`);
    return enrollment;
  }

  /** The countries to whose numbers text messages are sent. */
  get smsCountries(): readonly string[] {
    return this.#sms.countries;
  }

  /** The countries whose numbers begin a sign-in, where a tenant allows that. */
  get countriesOfFirstFactor(): readonly string[] {
    return this.#sms.enabled ? this.#sms.countries : [];
  }

  /** What this user has. A decoy has nothing. */
  holdings(account: Account | null): Holdings {
    if (account === null) return { enrolled: [], first: [] };
    const first = this.#all.filter(
      (one) => one.roles.includes('FIRST') && one.options(account, 'FIRST').length > 0,
    );
    return { enrolled: enrolledBy(account), first: kinds(first) };
  }

  /** What of a kind this user could prove, with hints. */
  options(account: Account, role: FactorRole, kind: FactorKind): FactorChoice[] {
    return this.get(kind)?.options(account, role) ?? [];
  }

  #inRole(role: FactorRole, sms: SmsUse): Factor[] {
    const mayBePhone =
      this.#sms.enabled && (role === 'FIRST' ? sms === SmsUse.ANY_FACTOR : sms !== SmsUse.OFF);
    return this.#all.filter(
      ({ roles, reaches }) => roles.includes(role) && (reaches !== 'PHONE' || mayBePhone),
    );
  }
}

function kinds(factors: readonly Factor[]): FactorKind[] {
  return factors.map((factor) => factor.kind);
}
