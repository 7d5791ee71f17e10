// The options that change a tenant's policy, mapped to the columns they change.
import type { RawBuilder } from 'kysely';
import type { PasswordColumns } from '../../persistence/entities/tenant.ts';
import { jsonb } from '../../persistence/jsonb.ts';
import { LEAST_AAL2_SECONDS, MOST_AAL2_SECONDS } from '../../policy/assurance.ts';
import {
  CharacterClass,
  LEAST_MINIMUM_LENGTH,
  MOST_MINIMUM_LENGTH,
  PasswordPreset,
  PasswordStrength,
} from '../../policy/password-policy.ts';
import { SecondFactorPolicy } from '../../policy/required-factors.ts';
import { SmsUse } from '../../policy/sms.ts';
import { UsageError } from '../run-command.ts';
import { oneOf } from './command.ts';

export const POLICY_OPTIONS = {
  'second-factor': { type: 'string' },
  sms: { type: 'string' },
  'aal2-lifetime': { type: 'string' },
  'aal2-idle': { type: 'string' },
  passwords: { type: 'string' },
  'password-length': { type: 'string' },
  'password-length-alone': { type: 'string' },
  'password-strength': { type: 'string' },
  'password-characters': { type: 'string' },
} as const;

export const POLICY_USAGE = [
  `[--second-factor ${words(SecondFactorPolicy)}] [--sms ${words(SmsUse)}]`,
  '[--aal2-lifetime SECONDS] [--aal2-idle SECONDS]',
  `[--passwords ${words(PasswordPreset)}] [--password-length N] [--password-length-alone N]`,
  `[--password-strength ${words(PasswordStrength)}] [--password-characters ${Object.keys(CharacterClass).join(',')}|NONE]`,
];

type Values = { readonly [option in keyof typeof POLICY_OPTIONS]?: string | undefined };

export interface PolicyColumns extends Omit<PasswordColumns, 'password_characters'> {
  readonly second_factor: SecondFactorPolicy;
  readonly sms: SmsUse;
  readonly second_factor_seconds: number;
  readonly second_factor_idle_seconds: number;
  readonly password_characters: RawBuilder<CharacterClass[]>;
}

/** An option for a single setting overrides the preset. @throws {UsageError} */
export function readPolicy(values: Values): Partial<PolicyColumns> {
  const read = <Column extends keyof PolicyColumns>(
    option: keyof Values,
    column: Column,
    value: (text: string) => PolicyColumns[Column],
  ): Partial<PolicyColumns> => {
    const text = values[option];
    return text === undefined ? {} : { [column]: value(text) };
  };
  return {
    ...read('second-factor', 'second_factor', (it) => oneOf('--second-factor', SecondFactorPolicy, it)),
    ...read('sms', 'sms', (it) => oneOf('--sms', SmsUse, it)),
    ...read('aal2-lifetime', 'second_factor_seconds', (it) => seconds('--aal2-lifetime', it)),
    ...read('aal2-idle', 'second_factor_idle_seconds', (it) => seconds('--aal2-idle', it)),
    ...(values.passwords === undefined
      ? {}
      : columnsOf(oneOf('--passwords', PasswordPreset, values.passwords))),
    ...read('password-length', 'password_minimum_length', (it) => length('--password-length', it)),
    ...read('password-length-alone', 'password_minimum_length_alone', (it) =>
      length('--password-length-alone', it),
    ),
    ...read('password-strength', 'password_strength', (it) =>
      oneOf('--password-strength', PasswordStrength, it),
    ),
    ...read('password-characters', 'password_characters', (it) => jsonb(characters(it))),
  };
}

function columnsOf(preset: PasswordPreset): Partial<PolicyColumns> {
  const settings = PasswordPreset[preset];
  return {
    password_minimum_length: settings.minimumLength,
    password_minimum_length_alone: settings.minimumLengthAlone,
    password_strength: settings.strength,
    password_characters: jsonb<CharacterClass[]>([...settings.characters]),
  };
}

function length(option: string, text: string): number {
  const number = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (number >= LEAST_MINIMUM_LENGTH && number <= MOST_MINIMUM_LENGTH) return number;
  throw new UsageError(
    `${option} must be a whole number from ${LEAST_MINIMUM_LENGTH} to ${MOST_MINIMUM_LENGTH}.`,
  );
}

function seconds(option: string, text: string): number {
  const number = /^\d{1,8}$/.test(text) ? Number(text) : 0;
  if (number >= LEAST_AAL2_SECONDS && number <= MOST_AAL2_SECONDS) return number;
  throw new UsageError(
    `${option} must be a whole number of seconds from ${LEAST_AAL2_SECONDS} to ${MOST_AAL2_SECONDS}.`,
  );
}

function characters(text: string): CharacterClass[] {
  if (text === 'NONE') return [];
  return [
    ...new Set(
      text.split(',').map((word) => oneOf('Each value of --password-characters', CharacterClass, word)),
    ),
  ];
}

function words(them: object): string {
  return Object.keys(them).join('|');
}
