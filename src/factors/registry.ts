// The list of configured factors. The proof input, the public settings and the charts' factors are derived from it. A
// new factor is one line in each list here.
import type { GeoIp } from '../delivery/geoip.ts';
import type { KeyRing } from '../platform/key-ring.ts';
import type { FactorKind } from '../policy/factor-kind.ts';
import type { AvailableFactors } from '../policy/required-factors.ts';
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

/** The fields of the API's `ProofInput`. */
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
  /** The page that links point to. */
  readonly linkUrl: string;
  readonly geoip: GeoIp;
}

export class FactorRegistry {
  readonly #all: readonly Factor[];
  readonly #sms: SmsPolicy;

  constructor(ring: KeyRing, hasher: PasswordHasher, { sms, linkUrl, geoip }: FactorSettings) {
    this.#sms = sms;
    this.#all = [
      passwordFactor(hasher),
      emailCodeFactor(ring),
      emailLinkFactor(linkUrl, geoip),
      phoneCodeFactor(ring, sms),
      ...(sms.sendsTexts ? [phoneLinkFactor(linkUrl, sms)] : []),
      totpFactor(ring),
      backupCodeFactor(ring),
    ];
  }

  get(kind: FactorKind): Factor | undefined {
    return this.#all.find((factor) => factor.kind === kind);
  }

  /** The kinds that are proved with this field of `ProofInput`. */
  provedBy(name: ProofField['name']): FactorKind[] {
    return kinds(this.#all.filter((factor) => factor.proofs.some((field) => field.name === name)));
  }

  /** The kinds that can start a sign-in. */
  first(sms: SmsUse): FactorKind[] {
    return kinds(this.#inRole('FIRST', sms));
  }

  /** The kinds that can start a sign-in with such an identifier. They do not depend on whether the account exists. */
  firstFor(identifier: IdentifierKind, sms: SmsUse): FactorKind[] {
    return kinds(
      this.#inRole('FIRST', sms).filter(({ reaches }) => reaches === null || reaches === identifier),
    );
  }

  /** The kinds that send to such an identifier, and so can replace a forgotten password. */
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

  /** The countries to which text messages are sent. */
  get smsCountries(): readonly string[] {
    return this.#sms.countries;
  }

  /** The countries whose numbers can start a sign-in, if the tenant allows it. */
  get countriesOfFirstFactor(): readonly string[] {
    return this.#sms.enabled ? this.#sms.countries : [];
  }

  /** The factors of this user. A decoy has none. */
  availableFactors(account: Account | null): AvailableFactors {
    if (account === null) return { enrolled: [], first: [] };
    const first = this.#all.filter(
      (one) => one.roles.includes('FIRST') && one.options(account, 'FIRST').length > 0,
    );
    return { enrolled: enrolledBy(account), first: kinds(first) };
  }

  /** The user's choices for one kind, with hints. */
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
