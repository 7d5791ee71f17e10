// The options that change a tenant's policy, mapped to the columns they change.
import type { Command, OptionValues } from '@commander-js/extra-typings';
import { InvalidArgumentError } from 'commander';
import { type RawBuilder, sql } from 'kysely';
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
import { PasswordUse } from '../../policy/password-use.ts';
import { SecondFactorPolicy } from '../../policy/required-factors.ts';
import { SmsUse } from '../../policy/sms.ts';

export function withPolicyOptions<Args extends unknown[], Options extends OptionValues>(
  command: Command<Args, Options>,
) {
  const choice = <Flags extends string, Word extends string>(
    flags: Flags,
    description: string,
    words: Readonly<Record<Word, unknown>>,
  ) => command.createOption(flags, description).choices(Object.keys(words) as Word[]);
  return command
    .addOption(choice('--second-factor <POLICY>', 'whether users need a second factor', SecondFactorPolicy))
    .addOption(choice('--sms <USE>', 'what text messages may prove', SmsUse))
    .addOption(choice('--password <USE>', 'whether users need a password', PasswordUse))
    .option(
      '--passkey-models <AAGUIDS>',
      'the models whose passkeys users can add: ANY, or a list of AAGUIDs',
      passkeyModels,
    )
    .option('--aal2-lifetime <SECONDS>', 'how long AAL2 lasts after a second factor', seconds)
    .option('--aal2-idle <SECONDS>', 'how long AAL2 lasts without activity', seconds)
    .addOption(choice('--passwords <PRESET>', 'the password policy', PasswordPreset))
    .option('--password-length <N>', 'the least length where a second factor is required', length)
    .option('--password-length-alone <N>', 'the least length otherwise', length)
    .addOption(
      choice('--password-strength <STRENGTH>', 'how hard to guess passwords must be', PasswordStrength),
    )
    .option(
      '--password-characters <CLASSES>',
      `what passwords must contain: NONE, or a list of ${Object.keys(CharacterClass).join(',')}`,
      characters,
    );
}

interface PolicyValues {
  readonly secondFactor?: SecondFactorPolicy | undefined;
  readonly sms?: SmsUse | undefined;
  readonly password?: PasswordUse | undefined;
  readonly passkeyModels?: string[] | undefined;
  readonly aal2Lifetime?: number | undefined;
  readonly aal2Idle?: number | undefined;
  readonly passwords?: PasswordPreset | undefined;
  readonly passwordLength?: number | undefined;
  readonly passwordLengthAlone?: number | undefined;
  readonly passwordStrength?: PasswordStrength | undefined;
  readonly passwordCharacters?: CharacterClass[] | undefined;
}

export interface PolicyColumns extends Omit<PasswordColumns, 'password_characters'> {
  readonly second_factor: SecondFactorPolicy;
  readonly sms: SmsUse;
  readonly password_use: PasswordUse;
  readonly passkey_models: RawBuilder<string[] | null>;
  readonly second_factor_seconds: number;
  readonly second_factor_idle_seconds: number;
  readonly password_characters: RawBuilder<CharacterClass[]>;
}

/** An option for a single setting overrides the preset. */
export function readPolicy({
  passwords,
  passwordCharacters,
  ...values
}: PolicyValues): Partial<PolicyColumns> {
  const single = {
    second_factor: values.secondFactor,
    sms: values.sms,
    password_use: values.password,
    passkey_models: values.passkeyModels && modelsOrAny(values.passkeyModels),
    second_factor_seconds: values.aal2Lifetime,
    second_factor_idle_seconds: values.aal2Idle,
    password_minimum_length: values.passwordLength,
    password_minimum_length_alone: values.passwordLengthAlone,
    password_strength: values.passwordStrength,
    password_characters: passwordCharacters && jsonb(passwordCharacters),
  };
  const given = Object.entries(single).filter(([, value]) => value !== undefined);
  return {
    ...(passwords && columnsOf(passwords)),
    ...(Object.fromEntries(given) as Partial<PolicyColumns>),
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

function length(text: string): number {
  const number = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (number >= LEAST_MINIMUM_LENGTH && number <= MOST_MINIMUM_LENGTH) return number;
  throw new InvalidArgumentError(
    `It must be a whole number from ${LEAST_MINIMUM_LENGTH} to ${MOST_MINIMUM_LENGTH}.`,
  );
}

function seconds(text: string): number {
  const number = /^\d{1,8}$/.test(text) ? Number(text) : 0;
  if (number >= LEAST_AAL2_SECONDS && number <= MOST_AAL2_SECONDS) return number;
  throw new InvalidArgumentError(
    `It must be a whole number of seconds from ${LEAST_AAL2_SECONDS} to ${MOST_AAL2_SECONDS}.`,
  );
}

/** Empty for any. */
function passkeyModels(text: string): string[] {
  if (text === 'ANY') return [];
  return [...new Set(text.toLowerCase().split(','))].map((aaguid) => {
    if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(aaguid)) return aaguid;
    throw new InvalidArgumentError('Each must be an AAGUID, such as 2fc0579f-8113-47ea-b116-bb5a8db9202a.');
  });
}

function modelsOrAny(list: string[]): RawBuilder<string[] | null> {
  return list.length === 0 ? sql`null` : jsonb(list);
}

function characters(text: string): CharacterClass[] {
  if (text === 'NONE') return [];
  return [...new Set(text.split(','))].map((word) => {
    if (Object.hasOwn(CharacterClass, word)) return word as CharacterClass;
    throw new InvalidArgumentError(`Each must be one of ${Object.keys(CharacterClass).join(', ')}.`);
  });
}
