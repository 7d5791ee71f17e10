// The form of `saml` in an entry of the file of identity providers.
import { z } from 'zod';
import { NAME_ID_FORMATS } from './saml-settings.ts';
import { reference } from './secret-reference.ts';

const text = z.string().min(1).max(512);

/** With what is put before it, it is stored in 255 characters. */
const LONGEST_ENTITY_ID = 240;

/** A certificate is no secret, so it can be written here. */
const certificate = z.union(
  [z.strictObject({ file: text }), z.string().min(1).max(16_384)],
  'Give the certificate in PEM, or as { "file": PATH }.',
);
export type CertificateReference = z.infer<typeof certificate>;

/** Google's has a query. */
const ssoUrl = z.string().max(2048).refine(isUrl, 'Give an absolute URL without a fragment or a user name.');

const domain = z
  .string()
  .max(253)
  .regex(
    /^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z0-9-]{2,}$/,
    'Write the domain in lower case, as in example.com. Other scripts start with xn--.',
  );

export const samlForm = z
  .strictObject({
    metadata: text.optional(),
    entityId: z
      .string()
      .min(1)
      .max(LONGEST_ENTITY_ID)
      .regex(/^[\x21-\x7e]+$/, 'An entity id is a URI.')
      .optional(),
    ssoUrl: ssoUrl.optional(),
    certificates: z.array(certificate).min(1).max(8).optional(),
    nameIdFormat: z.enum(NAME_ID_FORMATS).default('persistent'),
    attributes: z.strictObject({ email: text.optional(), name: text.optional() }).default({}),
    emailDomains: z.array(domain).max(64).default([]),
    signing: z.strictObject({ privateKey: reference, certificate }).optional(),
  })
  .refine(({ metadata, entityId, ssoUrl: url, certificates }) => {
    const given = [entityId, url, certificates].filter((one) => one !== undefined).length;
    return metadata === undefined ? given === 3 : given === 0;
  }, 'Give the path of the provider’s `metadata`; or `entityId`, `ssoUrl` and `certificates`.');
export type SamlForm = z.infer<typeof samlForm>;

function isUrl(one: string): boolean {
  const parsed = URL.parse(one);
  return parsed !== null && /^https?:$/.test(parsed.protocol) && parsed.username === '' && !/[#\s]/.test(one);
}
