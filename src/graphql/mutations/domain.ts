// The domains of a tenant: its administrators add, prove and remove them. Each change needs a proof that is bound to it.
import { activateDomain } from '../../domains/activate-domain.ts';
import { addDomain } from '../../domains/add-domain.ts';
import { type CheckServices, checkDomain } from '../../domains/check-domain.ts';
import {
  DnsUnavailable,
  DomainNotProved,
  DomainNotTested,
  DomainRefused,
  DomainTaken,
  ExemptionRefused,
  ProviderNotForDomains,
  TooManyDomains,
} from '../../domains/errors.ts';
import { setExemption } from '../../domains/exemption.ts';
import { removeDomain } from '../../domains/remove-domain.ts';
import { ProviderNotFound } from '../../factors/oauth/errors.ts';
import { Conflict } from '../../persistence/unit-of-work.ts';
import { TooManyRequests } from '../../workflows/errors.ts';
import { startProviderTest } from '../../workflows/provider-test/start.ts';
import { administratorOf } from '../administrator.ts';
import { builder } from '../builder.ts';
import { type Services, signedIn } from '../context.ts';
import { isUuid, NotFound } from '../input.ts';
import { DomainTest, DomainType } from '../types/domain.ts';
import { UserType } from '../types/user.ts';

function servicesOf({ factors: { providers }, outbox, records }: Services): CheckServices {
  return { providers, outbox, records };
}

const NAME = { required: true, description: 'The `name` of one of your `domains`.' } as const;

builder.mutationField('addDomain', (t) =>
  t.errorUnionField({
    types: [DomainType, DomainRefused, ProviderNotFound, ProviderNotForDomains, TooManyDomains, Conflict],
    nullable: true,
    requiresRole: 'ADMIN',
    stepUp: { bind: 'OPERATION', describe: 'Add the domain {name} with the provider “{providerId}”' },
    description:
      'Adds a domain to your tenant, with the identity provider that its users will sign in with. Nothing changes for them yet: publish the `record`, call `checkDomain`, test the provider, then activate the domain. For a domain that you have already, this changes the provider, and the domain is a draft again.',
    args: {
      name: t.arg.string({ required: true, description: 'The domain name, for example `example.com`.' }),
      providerId: t.arg.id({
        required: true,
        description: 'The id of an identity provider that your tenant can use.',
      }),
    },
    resolve: (_root, { name, providerId }, context) =>
      addDomain(servicesOf(context.services), { domain: name, providerId }, administratorOf(context)),
  }),
);

builder.mutationField('checkDomain', (t) =>
  t.errorUnionField({
    types: [DomainType, NotFound, DomainNotProved, DomainTaken, DnsUnavailable, Conflict],
    nullable: true,
    requiresRole: 'ADMIN',
    stepUp: { bind: 'OPERATION', describe: 'Check the DNS record of the domain {name}' },
    description:
      'Looks up the DNS record of a domain now. If it is found, the domain is proved. It is also checked every week.',
    args: { name: t.arg.string(NAME) },
    resolve: async (_root, { name }, context) =>
      (await checkDomain(servicesOf(context.services), name, administratorOf(context))) ?? missing(),
  }),
);

builder.mutationField('removeDomain', (t) =>
  t.errorUnionField({
    types: [DomainType, NotFound, Conflict],
    nullable: true,
    requiresRole: 'ADMIN',
    stepUp: { bind: 'OPERATION', describe: 'Remove the domain {name}' },
    description:
      'Removes a domain from your tenant. From then on, its users sign in as other users do, with their passwords or with codes. Sign-ins that were sent to the provider end. No account is deleted. The administrators are notified if the domain was active.',
    args: { name: t.arg.string(NAME) },
    resolve: async (_root, { name }, context) =>
      (await removeDomain(servicesOf(context.services), name, administratorOf(context))) ?? missing(),
  }),
);

builder.mutationField('startDomainTest', (t) =>
  t.errorUnionField({
    types: [DomainTest, NotFound, DomainNotProved, ProviderNotFound, TooManyRequests],
    nullable: true,
    requiresRole: 'ADMIN',
    stepUp: { bind: 'OPERATION', describe: 'Test the identity provider of the domain {name}' },
    description:
      'Starts a test of the identity provider of a proved domain. Call `prepareFactor` with `OAUTH` next, and `attemptFactor` with the answer of the provider, as in a sign-in. The reply has a `report`. Nobody is signed in or linked. Use an account at the provider whose address is in the domain.',
    args: { name: t.arg.string(NAME) },
    resolve: async (_root, { name }, context) => {
      const { services, ...caller } = signedIn(context);
      return (await startProviderTest(services, name, caller)) ?? missing();
    },
  }),
);

builder.mutationField('activateDomain', (t) =>
  t.errorUnionField({
    types: [DomainType, NotFound, DomainNotTested, Conflict],
    nullable: true,
    requiresRole: 'ADMIN',
    stepUp: { bind: 'OPERATION', describe: 'Let the users of {name} sign in with its provider only' },
    description:
      'Activates a domain. From now on, users with an address in it sign in with its identity provider, and with nothing else. Only a configuration of the provider that was tested can be activated. Sessions that exist stay. The administrators are notified.',
    args: { name: t.arg.string(NAME) },
    resolve: async (_root, { name }, context) =>
      (await activateDomain(servicesOf(context.services), name, administratorOf(context))) ?? missing(),
  }),
);

builder.mutationField('setProviderExemption', (t) =>
  t.errorUnionField({
    types: [UserType, NotFound, ExemptionRefused, Conflict],
    nullable: true,
    requiresRole: 'ADMIN',
    stepUp: {
      bind: 'OPERATION',
      describe: 'Exempt the administrator {userId} from the identity provider: {exempt}',
    },
    description:
      'Says whether another administrator may sign in without the identity provider of their domain, with `withoutProvider` of `startSignIn` and with their second factor. The other administrators are notified of each such sign-in.',
    args: {
      userId: t.arg.id({ required: true, description: 'The id of an administrator of your tenant.' }),
      exempt: t.arg.boolean({ required: true, description: 'Whether they may.' }),
    },
    resolve: async (_root, { userId, exempt }, context) => {
      if (!isUuid(userId) || !(await setExemption(userId, exempt, administratorOf(context)))) missing();
      return { id: userId };
    },
  }),
);

function missing(): never {
  throw new NotFound();
}
