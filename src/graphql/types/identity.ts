// An account of a user at an identity provider.
import type { ListedIdentity } from '../../factors/oauth/identity.ts';
import { builder } from '../builder.ts';

export const IdentityType = builder.objectRef<ListedIdentity>('Identity').implement({
  description: 'An account of a user at an identity provider, with which they can sign in.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'The id of the identity. `unlinkProvider` takes it.' }),
    providerId: t.exposeID('providerId', {
      description: 'The provider. It is not among the `providers` of `settings` if it was switched off.',
    }),
    address: t.exposeString('address', {
      nullable: true,
      description:
        'The email address that the provider named when the account was linked, by which the user recognizes it. It is not verified. Null if it named none.',
    }),
    linkedAt: t.expose('linkedAt', { type: 'DateTime', description: 'When it was linked.' }),
    lastUsedAt: t.expose('lastUsedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When the user last signed in with it.',
    }),
  }),
});
