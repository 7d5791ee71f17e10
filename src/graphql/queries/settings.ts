// What a sign-in page needs to know before anybody has signed in.
import { LOCALES } from '../../delivery/messages/locales.ts';
import { DEFAULT_TENANT, passwordSettingsOf } from '../../persistence/entities/tenant.ts';
import { sqlOf } from '../../persistence/orm.ts';
import type { FactorKind } from '../../policy/factor-kind.ts';
import { type PasswordPolicy, passwordPolicy } from '../../policy/password-policy.ts';
import type { SecondFactorPolicy } from '../../policy/required-factors.ts';
import { builder } from '../builder.ts';
import { publicTenant } from '../public-tenant.ts';
import { FactorKindEnum, SecondFactorPolicyEnum } from '../types/enums.ts';
import { PasswordPolicyType } from '../types/password.ts';

interface PublicSettings {
  readonly firstFactors: readonly FactorKind[];
  readonly secondFactors: readonly FactorKind[];
  readonly enrollableFactors: readonly FactorKind[];
  readonly phoneCountries: readonly string[];
  readonly secondFactorPolicy: SecondFactorPolicy;
  readonly passwordPolicy: PasswordPolicy;
}

const PublicSettingsType = builder.objectRef<PublicSettings>('PublicSettings').implement({
  description: 'What everybody may know about a tenant.',
  fields: (t) => ({
    firstFactors: t.field({
      type: [FactorKindEnum],
      description: 'With what a sign-in may begin.',
      resolve: (it) => [...it.firstFactors],
    }),
    secondFactors: t.field({
      type: [FactorKindEnum],
      description: 'What can be a second step.',
      resolve: (it) => [...it.secondFactors],
    }),
    enrollableFactors: t.field({
      type: [FactorKindEnum],
      description: 'What a user may add with `startEnrollment`.',
      resolve: (it) => [...it.enrollableFactors],
    }),
    phoneCountries: t.stringList({
      description:
        'The countries to whose numbers text messages are sent (ISO 3166-1 alpha-2); none when they are switched off.',
      resolve: (it) => [...it.phoneCountries],
    }),
    locales: t.stringList({
      description: 'The languages that messages are written in, as BCP 47 tags: what `setLocale` accepts.',
      resolve: () => [...LOCALES],
    }),
    secondFactorPolicy: t.field({
      type: SecondFactorPolicyEnum,
      description: 'Whether users must have a second factor.',
      resolve: (it) => it.secondFactorPolicy,
    }),
    passwordPolicy: t.field({
      type: PasswordPolicyType,
      description: 'What a new password must be like.',
      resolve: (it) => it.passwordPolicy,
    }),
  }),
});

builder.queryField('settings', (t) =>
  t.field({
    type: PublicSettingsType,
    description: 'The public settings of a tenant. Those of an unknown tenant are the default ones’.',
    args: {
      tenant: t.arg.string({ defaultValue: DEFAULT_TENANT, description: 'The tenant’s name.' }),
    },
    resolve: async (_root, args, { em, services: { factors } }): Promise<PublicSettings> => {
      const tenant = await publicTenant(sqlOf(em), args.tenant);
      return {
        firstFactors: factors.first(tenant.sms),
        secondFactors: factors.second(tenant.sms),
        enrollableFactors: factors.enrollable(tenant.sms),
        phoneCountries: tenant.sms === 'OFF' ? [] : factors.smsCountries,
        secondFactorPolicy: tenant.second_factor,
        passwordPolicy: passwordPolicy(passwordSettingsOf(tenant), tenant.second_factor),
      };
    },
  }),
);
