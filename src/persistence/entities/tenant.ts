// A separate population of users with its own policy. The tenant `default` always exists.
import { defineEntity, p } from '@mikro-orm/core';
import {
  type CharacterClass,
  PasswordPreset,
  type PasswordSettings,
  type PasswordStrength,
} from '../../policy/password-policy.ts';
import type { PasswordUse } from '../../policy/password-use.ts';
import type { SecondFactorPolicy } from '../../policy/required-factors.ts';
import type { SmsUse } from '../../policy/sms.ts';

export const DEFAULT_TENANT = 'default';

export const Tenant = defineEntity({
  name: 'Tenant',
  properties: {
    /** The name that clients pass, for example `default`. */
    id: p.string().length(64).primary(),
    secondFactor: p.string().length(16).$type<SecondFactorPolicy>().default('OPTIONAL'),
    sms: p.string().length(16).$type<SmsUse>().default('SECOND_FACTOR'),
    passwordUse: p.string().length(8).$type<PasswordUse>().default('REQUIRED'),
    /** The AAGUIDs of the models whose passkeys can be enrolled, proved by attestation. Null: any. */
    passkeyModels: p.json<readonly string[]>().nullable(),
    /** In code points, for tenants where a second factor is required. */
    passwordMinimumLength: p.integer().default(PasswordPreset.NIST.minimumLength),
    /** In code points, for tenants where the password may be the only factor. */
    passwordMinimumLengthAlone: p.integer().default(PasswordPreset.NIST.minimumLengthAlone),
    passwordStrength: p.string().length(8).$type<PasswordStrength>().default(PasswordPreset.NIST.strength),
    passwordCharacters: p.json<CharacterClass[]>().default('[]'),
    /** How long sessions stay AAL2: in total, and while idle. */
    secondFactorSeconds: p.integer().default(86400),
    secondFactorIdleSeconds: p.integer().default(3600),
    createdAt: p.datetime(),
  },
});

/** The columns with the password policy of a tenant. */
export interface PasswordColumns {
  readonly password_minimum_length: number;
  readonly password_minimum_length_alone: number;
  readonly password_strength: PasswordStrength;
  readonly password_characters: CharacterClass[];
}

export function passwordSettingsOf(tenant: PasswordColumns): PasswordSettings {
  return {
    minimumLength: tenant.password_minimum_length,
    minimumLengthAlone: tenant.password_minimum_length_alone,
    strength: tenant.password_strength,
    characters: tenant.password_characters,
  };
}
