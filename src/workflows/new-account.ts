// A user who does not exist yet: the account as a step sees it, and the rows that make it.
import type { Locale } from '../delivery/messages/locales.ts';
import type { Account, EmailOfAccount, IdentityOfAccount } from '../factors/account.ts';
import type { Capture } from '../factors/capture.ts';
import { type PasswordColumns, passwordSettingsOf } from '../persistence/entities/tenant.ts';
import { jsonText } from '../persistence/jsonb.ts';
import type { UnitOfWork } from '../persistence/unit-of-work.ts';
import { randomId } from '../platform/random.ts';
import type { SecondFactorPolicy } from '../policy/required-factors.ts';
import type { SmsUse } from '../policy/sms.ts';

interface TenantRow extends PasswordColumns {
  readonly id: string;
  readonly second_factor: SecondFactorPolicy;
  readonly remember_days: number;
  readonly min_factor_age_seconds: number;
  readonly second_factor_seconds: number;
  readonly second_factor_idle_seconds: number;
  readonly passkey_models: readonly string[] | null;
  readonly sms: SmsUse;
}

interface NewUser {
  readonly name: string | null;
  readonly locale: Locale;
  readonly email: EmailOfAccount | null;
  readonly capture?: Capture | null;
  readonly identities?: readonly IdentityOfAccount[];
}

export function newAccount(
  tenant: TenantRow,
  { name, locale, email, capture = null, identities = [] }: NewUser,
): Account {
  return {
    id: randomId(),
    tenantId: tenant.id,
    secondFactorPolicy: tenant.second_factor,
    rememberDays: tenant.remember_days,
    minFactorAgeSeconds: tenant.min_factor_age_seconds,
    aal2: { overallSeconds: tenant.second_factor_seconds, idleSeconds: tenant.second_factor_idle_seconds },
    passwordSettings: passwordSettingsOf(tenant),
    passkeyModels: tenant.passkey_models,
    name,
    smsOfTenant: tenant.sms,
    smsOfUser: true,
    certificateRules: [],
    capture,
    withoutProvider: false,
    locale,
    roles: [],
    isToBeDeleted: false,
    email,
    emails: email === null ? [] : [email],
    phones: [],
    authenticators: [],
    identities,
    backupCodes: [],
  };
}

/** @param activatedAt null for a user who has proved nothing yet. The address is verified with the activation. */
export function insertUser(
  unitOfWork: UnitOfWork,
  { id, tenantId, name, email, locale }: Account,
  now: Date,
  activatedAt: Date | null,
): void {
  unitOfWork.insert('user_account', {
    id,
    tenant_id: tenantId,
    name,
    roles: jsonText([]),
    locale,
    sms: true,
    created_at: now,
    activated_at: activatedAt,
  });
  if (email === null) return;
  unitOfWork.insert('email_address', {
    id: email.id,
    tenant_id: tenantId,
    user_id: id,
    address: email.address,
    typed: email.typed,
    created_at: now,
    verified_at: activatedAt,
  });
}
