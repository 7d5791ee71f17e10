// Reads what an entry of the file of identity providers says of SAML: its metadata, its certificates and our key.
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { type CertificateReference, type SamlForm, samlForm } from './saml-form.ts';
import { readSamlMetadata } from './saml-metadata.ts';
import type { SamlTerms } from './saml-settings.ts';
import { contentOf, type Reading, secretOf } from './secret-reference.ts';

const LEAST_RSA_BITS = 2048;
const PEM = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

type Refuse = (key: string, problem: string) => void;

export function samlTermsOf(form: SamlForm, reading: Reading, refuse: Refuse): SamlTerms {
  const { nameIdFormat, attributes, emailDomains } = form;
  const found = form.metadata === undefined ? written(form, refuse) : published(form.metadata, refuse);
  if (reading.production && !found.ssoUrl.startsWith('https:'))
    refuse(
      form.metadata === undefined ? 'saml.ssoUrl' : 'saml.metadata',
      'The SSO URL must start with https:// in production.',
    );
  return {
    ...found,
    nameIdFormat,
    attributes: { email: attributes.email ?? null, name: attributes.name ?? null },
    emailDomains,
    signing: signingOf(form, reading, refuse),
  };
}

type Found = Pick<SamlTerms, 'entityId' | 'ssoUrl' | 'certificates'>;
const NOTHING: Found = { entityId: '', ssoUrl: '', certificates: [] };

/** The form has made sure that all three are there. */
function written({ entityId = '', ssoUrl = '', certificates = [] }: SamlForm, refuse: Refuse): Found {
  const texts = certificates.flatMap((one) => certificatesIn(one));
  return { entityId, ssoUrl, certificates: pinned(texts, (problem) => refuse('saml.certificates', problem)) };
}

function published(path: string, refuse: Refuse): Found {
  const refuseMetadata = (problem: string) => refuse('saml.metadata', problem);
  const text = contentOf(path);
  if (text === '') {
    refuseMetadata('The file cannot be read.');
    return NOTHING;
  }
  const metadata = readSamlMetadata(text);
  if (typeof metadata === 'string') {
    refuseMetadata(metadata);
    return NOTHING;
  }
  const { entityId, ssoUrl } = metadata;
  const parsed = samlForm.safeParse({ entityId, ssoUrl, certificates: ['-'] });
  if (!parsed.success)
    refuseMetadata('The metadata has an entityID or a SingleSignOnService that is not valid.');
  return { entityId, ssoUrl, certificates: pinned(metadata.certificates, refuseMetadata) };
}

/** A file may have several, one after the other. */
function certificatesIn(given: CertificateReference): readonly string[] {
  const text = typeof given === 'string' ? given : contentOf(given.file);
  return text.match(PEM) ?? [text.replaceAll(/\s/g, '')];
}

/** In PEM. The library verifies signatures of RSA keys only. */
function pinned(texts: readonly string[], refuse: (problem: string) => void): string[] {
  const certificates = texts.map(parse);
  if (certificates.length === 0 || certificates.includes(null))
    refuse('A certificate is missing or cannot be read. Give it in PEM.');
  const read = certificates.filter((one) => one !== null);
  if (read.some(({ publicKey }) => !isStrong(publicKey)))
    refuse(`Each certificate must have an RSA key of at least ${LEAST_RSA_BITS} bits.`);
  return read.map((one) => one.toString());
}

function parse(text: string): X509Certificate | null {
  try {
    return new X509Certificate(text.startsWith('-') ? text : Buffer.from(text, 'base64'));
  } catch {
    return null;
  }
}

function isStrong(key: KeyObject): boolean {
  return key.asymmetricKeyType === 'rsa' && (key.asymmetricKeyDetails?.modulusLength ?? 0) >= LEAST_RSA_BITS;
}

function signingOf({ signing }: SamlForm, reading: Reading, refuse: Refuse): SamlTerms['signing'] {
  if (signing === undefined) return null;
  const refuseSigning = (problem: string) => refuse('saml.signing', problem);
  const privateKey = secretOf(signing.privateKey, reading, refuseSigning);
  const [certificate = ''] = pinned(certificatesIn(signing.certificate), refuseSigning);
  if (privateKey === '' || certificate === '') return null;
  try {
    const key = createPrivateKey(privateKey);
    if (!new X509Certificate(certificate).checkPrivateKey(key))
      refuseSigning('The certificate belongs to another private key.');
    return { privateKey: key.export({ type: 'pkcs8', format: 'pem' }).toString(), certificate };
  } catch {
    refuseSigning('The private key cannot be read. Give it in PEM, without a password.');
    return null;
  }
}
