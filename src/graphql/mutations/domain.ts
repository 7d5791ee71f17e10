// The domains of a tenant: its administrators add, prove and remove them. Each change needs a proof that is bound to it.
import { addDomain } from '../../domains/add-domain.ts';
import { type CheckServices, checkDomain } from '../../domains/check-domain.ts';
import {
  DnsUnavailable,
  DomainNotProved,
  DomainRefused,
  DomainTaken,
  ProviderNotForDomains,
  TooManyDomains,
} from '../../domains/errors.ts';
import { removeDomain } from '../../domains/remove-domain.ts';
import { ProviderNotFound } from '../../factors/oauth/errors.ts';
import { Conflict } from '../../persistence/unit-of-work.ts';
import { administratorOf } from '../administrator.ts';
import { builder } from '../builder.ts';
import type { Services } from '../context.ts';
import { NotFound } from '../input.ts';
import { DomainType } from '../types/domain.ts';

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

function missing(): never {
  throw new NotFound();
}
