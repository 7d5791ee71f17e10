// What factors know about a user. A step reads all of it in one statement, as JSON that PostgreSQL builds.
import { type Expression, type RawBuilder, sql } from 'kysely';
import type { Locale } from '../delivery/messages/locales.ts';
import type { Role } from '../persistence/entities/user.ts';
import { type EntityManager, type Sql, sqlOf } from '../persistence/orm.ts';
import type { Aal2Limits } from '../policy/assurance.ts';
import type { CertificateRule } from '../policy/certificate-rule.ts';
import { type FactorKind, isSecondFactor, SECOND_FACTORS } from '../policy/factor-kind.ts';
import { type PasswordPolicy, type PasswordSettings, passwordPolicy } from '../policy/password-policy.ts';
import { enrolledSecondFactors, type SecondFactorPolicy } from '../policy/required-factors.ts';
import type { SmsUse } from '../policy/sms.ts';
import { type Capture, captureOfUser } from './capture.ts';
import { ADDRESSES } from './email/addresses-in-sql.ts';
import type { PasswordOwner } from './password/guessable-words.ts';

/** What a factor keeps with an authenticator or a challenge. Only that factor knows its form. */
export type FactorData = Readonly<Record<string, unknown>>;

export interface StoredAuthenticator {
  readonly id: string;
  readonly factor: FactorKind;
  readonly label: string | null;
  readonly secret: string;
  /** What its factor keeps beside the secret. */
  readonly data: FactorData | null;
  readonly confirmed: boolean;
  /** When it was confirmed, or its secret last set, in ISO 8601. Null before that. */
  readonly enrolledAt?: string | null;
}

export interface Account {
  readonly id: string;
  readonly tenantId: string;
  readonly secondFactorPolicy: SecondFactorPolicy;
  /** A factor that was enrolled more recently cannot remove an older one. */
  readonly minFactorAgeSeconds: number;
  /** For how many days a sign-in on a remembered browser takes no second step. 0 remembers none. */
  readonly rememberDays: number;
  /** How long the user's sessions stay AAL2. */
  readonly aal2: Aal2Limits;
  readonly passwordSettings: PasswordSettings;
  /** The AAGUIDs of the models whose passkeys the tenant accepts. Null: any. */
  readonly passkeyModels: readonly string[] | null;
  /** The user's name. Null when it is not known. */
  readonly name: string | null;
  /** How the tenant lets users use phone numbers. */
  readonly smsOfTenant: SmsUse;
  /** Whether the user allows text messages as a factor. */
  readonly smsOfUser: boolean;
  /** How the tenant recognises users by certificates that they have not enrolled. */
  readonly certificateRules: readonly CertificateRule[];
  /** The domain that captures the user. */
  readonly capture: Capture | null;
  /** Whether the user may sign in without the provider of that domain. */
  readonly withoutProvider: boolean;
  readonly locale: Locale;
  readonly roles: readonly Role[];
  /** Whether its deletion is scheduled. */
  readonly isToBeDeleted: boolean;
  /** The primary address: a verified one, or the one that a sign-up is verifying. */
  readonly email: EmailOfAccount | null;
  /** All addresses, the primary one first, and those that nobody has proved yet last. */
  readonly emails: readonly EmailOfAccount[];
  readonly phones: readonly PhoneOfAccount[];
  readonly authenticators: readonly StoredAuthenticator[];
  readonly identities: readonly IdentityOfAccount[];
  /** Only unused codes. */
  readonly backupCodes: readonly BackupCodeOfAccount[];
}

/** An identity at a provider that counts. */
export interface IdentityOfAccount {
  readonly id: string;
  readonly providerId: string;
  readonly issuer: string;
  readonly subject: string;
  /** In ISO 8601. Null for one that this step adds. */
  readonly linkedAt: string | null;
}

export interface BackupCodeOfAccount {
  readonly id: string;
  readonly digest: string;
  /** Whether the code may be so short that guesses must be throttled. */
  readonly guessable: boolean;
  /** When the set was made, in ISO 8601. */
  readonly enrolledAt?: string;
}

export interface EmailOfAccount {
  readonly id: string;
  /** The normalised address, which is compared and sent to. */
  readonly address: string;
  /** The address as the user typed it. */
  readonly typed: string;
  readonly verified: boolean;
  /** When it was verified, in ISO 8601. Null before that. */
  readonly enrolledAt?: string | null;
  /**
   * Another user of the tenant who has verified this address, so that this user cannot. Null when there is none.
   */
  readonly owner: { readonly locale: Locale } | null;
}

export interface PhoneOfAccount {
  readonly id: string;
  /** E.164. */
  readonly number: string;
  readonly country: string;
  /** Whether the user turned it on as a second factor. */
  readonly secondFactor: boolean;
  readonly verified: boolean;
  /** When it became a second factor, in ISO 8601. Null when it is not one, or when the time is not known. */
  readonly enrolledAt?: string | null;
}

/** SQL for the account of a user id: a JSON object, or null when the user does not exist. */
export function accountJson(userId: Expression<string | null>): RawBuilder<Account | null> {
  return sql<Account | null>`(
    select jsonb_build_object(
      'id', u.id,
      'tenantId', u.tenant_id,
      'secondFactorPolicy', t.second_factor,
      'minFactorAgeSeconds', t.min_factor_age_seconds, 'rememberDays', t.remember_days, 'name', u.name,
      'aal2', jsonb_build_object('overallSeconds', t.second_factor_seconds, 'idleSeconds', t.second_factor_idle_seconds),
      'passwordSettings', jsonb_build_object(
        'minimumLength', t.password_minimum_length,
        'minimumLengthAlone', t.password_minimum_length_alone,
        'strength', t.password_strength,
        'characters', t.password_characters
      ),
      'passkeyModels', t.passkey_models,
      'smsOfTenant', t.sms, 'smsOfUser', u.sms,
      'certificateRules', t.certificate_rules,
      'capture', ${captureOfUser}, 'withoutProvider', u.without_provider and u.roles ? 'ADMIN',
      'locale', u.locale,
      'roles', u.roles,
      'isToBeDeleted', u.deletion_due_at is not null,
      'phones', coalesce((
        select jsonb_agg(jsonb_build_object(
          'id', p.id, 'number', p.number, 'country', p.country, 'secondFactor', p.second_factor,
          'verified', p.verified_at is not null, 'enrolledAt', p.second_factor_at
        ) order by p.created_at)
        from phone_number p where p.user_id = u.id
      ), '[]'),
      'authenticators', coalesce((
        select jsonb_agg(jsonb_build_object(
          'id', a.id, 'factor', a.factor, 'label', a.label, 'secret', a.secret,
          'data', case when a.last_time_step is null then a.data else coalesce(a.data, '{}') || jsonb_build_object(
            'lastTimeStep', greatest(a.last_time_step, (a.data ->> 'lastTimeStep')::int)
          ) end, 'confirmed', a.confirmed_at is not null,
          'enrolledAt', case when a.confirmed_at is not null then greatest(a.created_at, a.confirmed_at) end
        ) order by a.created_at)
        from authenticator a where a.user_id = u.id
      ), '[]'),
      'identities', coalesce((
        select jsonb_agg(jsonb_build_object(
          'id', i.id, 'providerId', i.provider, 'issuer', i.issuer, 'subject', i.subject, 'linkedAt', i.linked_at
        ) order by i.linked_at)
        from identity i where i.user_id = u.id and i.linked_at is not null
      ), '[]'),
      'backupCodes', coalesce((
        select jsonb_agg(jsonb_build_object('id', b.id, 'digest', b.digest, 'guessable', b.guessable, 'enrolledAt', b.created_at))
        from backup_code b where b.user_id = u.id and b.used_at is null
      ), '[]')
    ) || ${ADDRESSES}
    from user_account u join tenant t on t.id = u.tenant_id where u.id = ${userId}
  )`;
}

/** The rules for a new password of this user. */
export function passwordPolicyOf({ passwordSettings, secondFactorPolicy }: Account): PasswordPolicy {
  return passwordPolicy(passwordSettings, secondFactorPolicy);
}

/** The user's own words, which a password must not be made of. */
export function passwordOwner({ email, name }: Account): PasswordOwner {
  return { email: email?.typed ?? null, name };
}

/** Whether guesses at the user's backup codes are throttled. */
export function hasShortBackupCodes(account: Account | null): boolean {
  return account?.backupCodes.some((one) => one.guessable) ?? false;
}

/** The user's second factors. */
export function enrolledBy({ authenticators, phones, backupCodes }: Account): FactorKind[] {
  const second = authenticators.filter((one) => one.confirmed && isSecondFactor(one.factor));
  return enrolledSecondFactors({
    kinds: [...new Set(second.map((one) => one.factor))],
    hasPhone: phones.some((one) => one.verified && one.secondFactor),
    hasBackupCodes: backupCodes.length > 0,
  });
}

/** Null when the user does not exist. Runs one statement. */
export async function findAccount(em: EntityManager, userId: string): Promise<Account | null> {
  const row = await sqlOf(em)
    .selectFrom('user_account')
    .select((it) => accountJson(it.ref('user_account.id')).as('account'))
    .where('id', '=', userId)
    .executeTakeFirst();
  return row?.account ?? null;
}

/** Serialises changes to a user's factors. Call it inside a transaction. */
export async function lockUser(sql: Sql, userId: string): Promise<void> {
  await sql.selectFrom('user_account').select('id').where('id', '=', userId).forNoKeyUpdate().execute();
}

/**
 * Whether the user has a second factor now, according to the database.
 *
 * @param except ids of authenticators and phone numbers to ignore.
 */
export async function hasSecondFactor(
  db: Sql,
  userId: string,
  except: readonly string[] = [],
): Promise<boolean> {
  const isOther = sql<boolean>`not id = any(${except}::uuid[])`;
  const one = await db
    .selectFrom('authenticator')
    .select('id')
    .where('user_id', '=', userId)
    .where('factor', 'in', [...SECOND_FACTORS])
    .where('confirmed_at', 'is not', null)
    .where(isOther)
    .unionAll(
      db
        .selectFrom('phone_number')
        .select('id')
        .where('user_id', '=', userId)
        .where('second_factor', '=', true)
        .where('verified_at', 'is not', null)
        .where(isOther),
    )
    .limit(1)
    .executeTakeFirst();
  return one !== undefined;
}
