// The domains of the administrator's tenant.
import { listDomains } from '../../domains/domain.ts';
import { builder } from '../builder.ts';
import { signedIn } from '../context.ts';
import { DomainType } from '../types/domain.ts';

builder.queryField('domains', (t) =>
  t.field({
    type: [DomainType],
    requiresRole: 'ADMIN',
    stepUp: true,
    description: 'The domains of your tenant, for administrators.',
    resolve: (_root, _args, context) => {
      const { em, session, services } = signedIn(context);
      return listDomains(em, services.factors.providers, session.tenantId);
    },
  }),
);
