// The list of factors. The proof input, the kinds in the schema, the public settings and the charts' factors are derived
// from it. A new factor is one line here.
import type { PasskeySettings } from '../config/settings.ts';
import type { GeoIp } from '../delivery/geoip.ts';
import type { FactorName } from '../delivery/messages/template.ts';
import type { KeyRing } from '../platform/key-ring.ts';
import { FACTOR_KINDS, FactorKind, isSecondFactor } from '../policy/factor-kind.ts';
import type { AvailableFactors } from '../policy/required-factors.ts';
import { type SmsPolicy, SmsUse } from '../policy/sms.ts';
import { type Account, enrolledBy, type FactorData } from './account.ts';
import { backupCodeFactor } from './backup-codes/backup-code.ts';
import { certificateFactor } from './certificate/certificate.ts';
import type { ClientCertificates } from './certificate/client-certificates.ts';
import { deviceApprovalFactor } from './device-approval/device-approval.ts';
import { emailCodeFactor } from './email/code.ts';
import { emailLinkFactor } from './email/link.ts';
import type { Factor, FactorChoice, FactorDefinition, FactorRole } from './factor.ts';
import type { FactorEnrollment } from './factor-enrollment.ts';
import type { IdentifierKind } from './identifier.ts';
import type { FactorInput } from './input-field.ts';
import { oauthFactor } from './oauth/oauth.ts';
import type { Providers } from './oauth/providers.ts';
import type { TrustedMakers } from './passkey/metadata.ts';
import { passkeyFactor } from './passkey/passkey.ts';
import type { PasswordHasher } from './password/hash.ts';
import { passwordFactor } from './password/password.ts';
import { phoneCodeFactor } from './phone/code.ts';
import { phoneLinkFactor } from './phone/link.ts';
import type { ProofField } from './proof.ts';
import { totpFactor } from './totp/totp.ts';

export const FACTORS: readonly FactorDefinition<FactorServices>[] = [
  passwordFactor,
  emailCodeFactor,
  emailLinkFactor,
  phoneCodeFactor,
  phoneLinkFactor,
  passkeyFactor,
  oauthFactor,
  totpFactor,
  deviceApprovalFactor,
  backupCodeFactor,
  certificateFactor,
];

/** What is hardest for a user to replace comes first. */
export const SECOND_FACTORS_FIRST: readonly FactorDefinition<FactorServices>[] = FACTORS.toSorted(
  (one, other) => Number(isSecondFactor(other.kind)) - Number(isSecondFactor(one.kind)),
);

/** What each kind is, for the schema. */
export const KIND_DESCRIPTIONS = Object.fromEntries(
  FACTOR_KINDS.map((kind) => [kind, descriptionOf(kind)]),
) as Readonly<Record<FactorKind, string>>;

/** The fields of the API's `ProofInput`. Factors may share one. */
export const PROOF_FIELDS: readonly ProofField[] = [...new Set(FACTORS.flatMap(({ proofs }) => proofs))];

/** What `startEnrollment` takes for single kinds. */
export const ENROLLMENT_INPUTS: readonly { readonly kind: FactorKind; readonly input: FactorInput }[] =
  FACTORS.flatMap(({ kind, enrollmentInput: input }) => (input === undefined ? [] : [{ kind, input }]));

/** What `prepareFactor` takes for single kinds. */
export const PREPARATION_INPUTS: readonly { readonly kind: FactorKind; readonly input: FactorInput }[] =
  FACTORS.flatMap(({ kind, preparationInput: input }) => (input === undefined ? [] : [{ kind, input }]));

/** What factors are made with. */
interface FactorServices extends FactorSettings {
  readonly ring: KeyRing;
  readonly hasher: PasswordHasher;
}

export interface FactorSettings {
  readonly sms: SmsPolicy;
  /** The page that links point to. */
  readonly linkUrl: string;
  /** The page on which devices are enrolled and answer. */
  readonly approvalUrl: string;
  readonly geoip: GeoIp;
  /** Where passkeys are used. Null when they cannot be used. */
  readonly passkeys: PasskeySettings | null;
  /** The makers whose attestation is trusted. */
  readonly makers: TrustedMakers;
  /** Null when no client certificates are accepted. */
  readonly clientCertificates: ClientCertificates | null;
  readonly providers: Providers;
}

export class FactorRegistry {
  readonly #all: readonly Factor[];
  readonly #sms: SmsPolicy;
  readonly providers: Providers;

  constructor(ring: KeyRing, hasher: PasswordHasher, settings: FactorSettings) {
    const services = { ring, hasher, ...settings };
    this.#sms = settings.sms;
    this.providers = settings.providers;
    this.#all = FACTORS.filter((one) => one.isOnOffer?.(services) ?? true).map((one) => one.create(services));
  }

  get(kind: FactorKind): Factor | undefined {
    return this.#all.find((factor) => factor.kind === kind);
  }

  /** The kinds that are proved with this field of `ProofInput`. */
  provedBy(name: string): FactorKind[] {
    return kinds(this.#all.filter((factor) => factor.proofs.some((field) => field.name === name)));
  }

  /** The kinds that can start a sign-in without an identifier, because their proof says who the user is. */
  identifying(tenantId: string): FactorKind[] {
    return kinds(
      this.#all.filter(
        (one) => one.roles.includes('FIRST') && one.identifies === true && hasChoices(one, tenantId),
      ),
    );
  }

  /** The kinds that can start a sign-in. */
  first(sms: SmsUse, tenantId: string): FactorKind[] {
    return kinds(this.#inRole('FIRST', sms).filter((one) => hasChoices(one, tenantId)));
  }

  /** The kinds that can start a sign-in with such an identifier. They do not depend on whether the account exists. */
  firstFor(identifier: IdentifierKind, sms: SmsUse, tenantId: string): FactorKind[] {
    return kinds(
      this.#inRole('FIRST', sms)
        .filter(({ reaches }) => reaches === null || reaches === identifier)
        .filter((one) => hasChoices(one, tenantId)),
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
    const atProvider = this.options(account, 'SECOND', FactorKind.OAUTH).length > 0;
    return { enrolled: enrolledBy(account), first: kinds(first), ...(atProvider && { atProvider }) };
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

/** Whether somebody of whom nothing is known could prove it. */
function hasChoices({ choices }: Factor, tenantId: string): boolean {
  return choices === undefined || choices(tenantId, null).length > 0;
}

/** What messages call a factor. */
export function nameOfFactor(kind: FactorKind): FactorName {
  const factor = FACTORS.find((one) => one.kind === kind);
  if (factor === undefined) throw new Error(`${kind} has no name.`);
  return factor.name;
}

/** The product that an authenticator is. Null when it is not known. */
export function modelOf(kind: FactorKind, data: FactorData): string | null {
  return FACTORS.find((one) => one.kind === kind)?.model?.(data) ?? null;
}

/** Without a description, a row in `FACTOR_TRAITS` has no line in the list of factors. */
function descriptionOf(kind: FactorKind): string {
  const description = FACTORS.find((one) => one.kind === kind)?.description;
  if (description === undefined) throw new Error(`${kind} is missing in the list of factors.`);
  return description;
}

function kinds(factors: readonly Factor[]): FactorKind[] {
  return factors.map((factor) => factor.kind);
}
