// What a sign-in page needs to know before the user has signed in.
import { LOCALES } from '../../delivery/messages/locales.ts';
import { DEFAULT_TENANT, passwordSettingsOf } from '../../persistence/entities/tenant.ts';
import type { FactorKind } from '../../policy/factor-kind.ts';
import { type PasswordPolicy, passwordPolicy } from '../../policy/password-policy.ts';
import type { PasswordUse } from '../../policy/password-use.ts';
import type { SecondFactorPolicy } from '../../policy/required-factors.ts';
import { builder } from '../builder.ts';
import { publicTenant } from '../public-tenant.ts';
import { FactorKindEnum, PasswordUseEnum, SecondFactorPolicyEnum } from '../types/enums.ts';
import { PasswordPolicyType } from '../types/password.ts';

interface OfferedProvider {
  readonly id: string;
  readonly name: string;
  readonly isExample: boolean;
}

const ProviderType = builder.objectRef<OfferedProvider>('Provider').implement({
  description: 'An identity provider with which users can sign in.',
  fields: (t) => ({
    id: t.exposeID('id', {
      description: 'Its id. `prepareFactor` and `linkProvider` take it as `providerId`.',
    }),
    name: t.exposeString('name', { description: 'Its name, as users know it.' }),
    isExample: t.exposeBoolean('isExample', {
      description:
        'Whether it is the example provider for development, where anyone can sign in as anyone. Never in production.',
    }),
  }),
});

interface PublicSettings {
  readonly providers: readonly OfferedProvider[];
  readonly firstFactors: readonly FactorKind[];
  readonly secondFactors: readonly FactorKind[];
  readonly enrollableFactors: readonly FactorKind[];
  readonly phoneCountries: readonly string[];
  readonly secondFactorPolicy: SecondFactorPolicy;
  readonly passwordUse: PasswordUse;
  readonly rememberedBrowserDays: number;
  readonly passwordPolicy: PasswordPolicy;
}

const PublicSettingsType = builder.objectRef<PublicSettings>('PublicSettings').implement({
  description: 'The public settings of a tenant, which sign-in and account pages need.',
  fields: (t) => ({
    firstFactors: t.field({
      type: [FactorKindEnum],
      description: 'The factors that a sign-in can begin with.',
      resolve: (it) => [...it.firstFactors],
    }),
    secondFactors: t.field({
      type: [FactorKindEnum],
      description: 'The factors that can be the second factor of a sign-in.',
      resolve: (it) => [...it.secondFactors],
    }),
    enrollableFactors: t.field({
      type: [FactorKindEnum],
      description: 'The factors that users can enroll with `startEnrollment`.',
      resolve: (it) => [...it.enrollableFactors],
    }),
    providers: t.field({
      type: [ProviderType],
      description: 'The identity providers with which users can sign in. Empty if there are none.',
      resolve: (it) => [...it.providers],
    }),
    phoneCountries: t.stringList({
      description:
        'The countries that text messages can be sent to, as ISO 3166-1 alpha-2 codes. Empty if text messages are turned off.',
      resolve: (it) => [...it.phoneCountries],
    }),
    locales: t.stringList({
      description: 'The languages available for messages, as BCP 47 tags. `setLocale` accepts them.',
      resolve: () => [...LOCALES],
    }),
    secondFactorPolicy: t.field({
      type: SecondFactorPolicyEnum,
      description: 'Whether users must have a second factor.',
      resolve: (it) => it.secondFactorPolicy,
    }),
    passwordUse: t.field({
      type: PasswordUseEnum,
      description: 'Whether users must have a password.',
      resolve: (it) => it.passwordUse,
    }),
    rememberedBrowserDays: t.exposeInt('rememberedBrowserDays', {
      description:
        'For how many days a sign-in takes no second step on a browser that its user asked to be remembered. 0 if browsers are not remembered.',
    }),
    pushKey: t.string({
      nullable: true,
      description:
        'The `applicationServerKey` with which a device subscribes to Web Push before `enrollDevice`. Null if Web Push is turned off.',
      resolve: (_it, _args, { services }) => services.pushKey,
    }),
    passwordPolicy: t.field({
      type: PasswordPolicyType,
      description: 'The requirements for new passwords.',
      resolve: (it) => it.passwordPolicy,
    }),
  }),
});

builder.queryField('settings', (t) =>
  t.field({
    type: PublicSettingsType,
    description:
      'The public settings of a tenant. For an unknown tenant, the settings of the default tenant, so that nobody can find out which tenants exist.',
    args: {
      tenant: t.arg.string({ defaultValue: DEFAULT_TENANT, description: 'The name of the tenant.' }),
    },
    resolve: async (_root, args, { em, services: { factors } }): Promise<PublicSettings> => {
      const tenant = await publicTenant(em, args.tenant);
      return {
        providers: factors.providers
          .listed(tenant.id)
          .map(({ id, settings: { name, isExample } }) => ({ id, name, isExample })),
        firstFactors: factors.first(tenant.sms, tenant.id),
        secondFactors: factors.second(tenant.sms),
        enrollableFactors: factors.enrollable(tenant.sms),
        phoneCountries: tenant.sms === 'OFF' ? [] : factors.smsCountries,
        secondFactorPolicy: tenant.second_factor,
        passwordUse: tenant.password_use,
        rememberedBrowserDays: tenant.remember_days,
        passwordPolicy: passwordPolicy(passwordSettingsOf(tenant), tenant.second_factor),
      };
    },
  }),
);
