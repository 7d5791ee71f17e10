// Reads the metadata file of an identity provider (SAML 2.0 Metadata): its name, where it takes requests, and its keys. The
// file is trusted as the file that names it is, so its own signature is not checked.
import { childrenOf, MalformedXmlError, readXml, type XmlElement } from '../platform/xml.ts';

const METADATA = 'urn:oasis:names:tc:SAML:2.0:metadata';
const SIGNATURE = 'http://www.w3.org/2000/09/xmldsig#';
const REDIRECT = 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect';
const LARGEST = 1_048_576;

export interface ReadMetadata {
  readonly entityId: string;
  readonly ssoUrl: string;
  /** In base64. */
  readonly certificates: readonly string[];
}

/** @returns what is wrong, as text. */
export function readSamlMetadata(source: string): ReadMetadata | string {
  let root: XmlElement;
  try {
    root = readXml(source, { mostCharacters: LARGEST, mayHaveComments: true });
  } catch (error) {
    if (error instanceof MalformedXmlError) return `The metadata cannot be read: ${error.message}.`;
    throw error;
  }
  if (root.namespace !== METADATA || root.name !== 'EntityDescriptor')
    return 'The metadata must be one EntityDescriptor. Take that of your provider out of a list.';
  const [descriptor, another] = childrenOf(root, METADATA, 'IDPSSODescriptor');
  if (descriptor === undefined || another !== undefined)
    return 'The metadata must have one IDPSSODescriptor. Export that of the identity provider.';
  const services = childrenOf(descriptor, METADATA, 'SingleSignOnService');
  const ssoUrl = services
    .find(({ attributes }) => attributes.get('Binding') === REDIRECT)
    ?.attributes.get('Location');
  if (ssoUrl === undefined) return 'The metadata has no SingleSignOnService with the HTTP-Redirect binding.';
  const certificates = childrenOf(descriptor, METADATA, 'KeyDescriptor')
    .filter(({ attributes }) => attributes.get('use') !== 'encryption')
    .flatMap((key) => childrenOf(key, SIGNATURE, 'KeyInfo'))
    .flatMap((info) => childrenOf(info, SIGNATURE, 'X509Data'))
    .flatMap((data) => childrenOf(data, SIGNATURE, 'X509Certificate'))
    .map(({ text }) => text.replaceAll(/\s/g, ''));
  return {
    entityId: root.attributes.get('entityID') ?? '',
    ssoUrl,
    certificates: [...new Set(certificates)],
  };
}
