// Identities at providers in imports and exports. An identity opens the account of its user, so its provider must be configured
// here, as the issuer that it was linked at.
import { z } from 'zod';
import type { ProvidersSettings } from '../../config/provider-settings.ts';
import { randomId } from '../../platform/random.ts';
import { MOST_AUTHENTICATORS } from '../../policy/authenticator-limit.ts';
import { RecordError } from '../record-error.ts';
import { list, text } from '../record-forms.ts';
import { defineTransfer, type ImportedProvider, listed } from '../transfer.ts';
import { identityRow } from './identity.ts';
import { shapeOf } from './presets.ts';
import { samlIssuer } from './saml/saml-provider.ts';

const required = (most: number) => text(most).refine((it) => it !== '', 'This must not be empty.');

const identity = z.strictObject({ provider: required(32), issuer: required(255), subject: required(255) });

/** The providers whose identities users of a tenant can bring. */
export function importedProviders(
  settings: ProvidersSettings['providers'],
  tenantId: string,
): readonly ImportedProvider[] {
  return settings
    .filter(({ tenant }) => tenant === null || tenant === tenantId)
    .map((one) => ({
      id: one.id,
      issuer: one.protocol === 'SAML' ? samlIssuer(one.terms) : shapeOf(one.source).issuer,
    }));
}

export const identityTransfer = defineTransfer({
  fields: {
    identities: {
      type: 'JSON',
      description:
        'The user’s accounts at identity providers: a list of objects with the `provider`, its `issuer` and the `subject` by which it names the user. The provider must be configured here, with this issuer. Whoever has the account there can sign in as this user.',
      form: list(identity, MOST_AUTHENTICATORS),
    },
  },
  brings: ({ identities }) => identities.length > 0,
  read: ({ identities }, owner) => ({
    identity: identities.map(({ provider, issuer, subject }, at) => {
      if (!owner.providers.some((one) => one.id === provider && one.issuer === issuer)) {
        throw new RecordError(
          `identities.${at}.provider`,
          'No provider of this tenant has this id and this issuer. Add it to PROVIDERS_FILE, or remove the identity.',
        );
      }
      const { userId: id, tenantId, createdAt } = owner;
      const made = { id: randomId(), providerId: provider, issuer, subject, address: null, capture: null };
      return identityRow(made, { id, tenantId }, createdAt, createdAt, null);
    }),
  }),
  write: ({ identities }) =>
    listed(
      'identities',
      identities.map(({ providerId, issuer, subject }) => ({ provider: providerId, issuer, subject })),
    ),
});
