// What must be true of a response before the library sees it (SAML Core section 3.2.2, Profiles section 4.1.4): one assertion
// in the only place where one belongs, nothing encrypted, and an answer to our request at our address. None of this is
// signed, and nothing of the user is read here.
import {
  childrenOf,
  elementsIn,
  MalformedXmlError,
  readXml,
  type XmlElement,
} from '../../../platform/xml.ts';
import { AnswerRefusedError } from '../answer-refused.ts';
import type { SamlProvider } from './saml-provider.ts';
import { isSignature, requireSignatureForm } from './signature-form.ts';

export const PROTOCOL = 'urn:oasis:names:tc:SAML:2.0:protocol';
export const ASSERTION = 'urn:oasis:names:tc:SAML:2.0:assertion';
const SUCCESS = 'urn:oasis:names:tc:SAML:2.0:status:Success';

/** Of the XML. A provider that lists hundreds of groups comes near it. */
export const LARGEST_RESPONSE = 131_072;

/** @returns whether the response as a whole is signed too. @throws {AnswerRefusedError} */
export function requireResponseForm(provider: SamlProvider, xml: string, requestId: string): boolean {
  const root = readDocument(xml);
  if (root.namespace !== PROTOCOL || root.name !== 'Response' || root.attributes.get('Version') !== '2.0')
    throw new AnswerRefusedError('it is not a SAML 2.0 response');
  if (root.attributes.get('Destination') !== provider.callbackUrl)
    throw new AnswerRefusedError('its Destination is another');
  if (root.attributes.get('InResponseTo') !== requestId)
    throw new AnswerRefusedError('its InResponseTo is missing or another');
  const [issuer] = childrenOf(root, ASSERTION, 'Issuer');
  if (issuer !== undefined && issuer.text !== provider.settings.terms.entityId)
    throw new AnswerRefusedError('its Issuer is another');
  requireSuccess(root);
  const all = [...elementsIn(root)];
  if (all.some(({ name }) => name.startsWith('Encrypted')))
    throw new AnswerRefusedError('encryption is not supported');
  const [assertion, ...others] = all.filter(({ name }) => name === 'Assertion');
  if (assertion === undefined || others.length > 0 || !root.children.includes(assertion))
    throw new AnswerRefusedError('it must have one assertion');
  requireDistinctIds(all);
  requireSignatureForm(root, [root, assertion]);
  if (!assertion.children.some(isSignature)) throw new AnswerRefusedError('the assertion is not signed');
  return root.children.some(isSignature);
}

/** @throws {AnswerRefusedError} */
export function readDocument(xml: string): XmlElement {
  try {
    return readXml(xml, { mostCharacters: LARGEST_RESPONSE });
  } catch (error) {
    if (error instanceof MalformedXmlError) throw new AnswerRefusedError(error.message);
    throw error;
  }
}

function requireSuccess(root: XmlElement): void {
  const [status] = childrenOf(root, PROTOCOL, 'Status');
  const codes =
    status === undefined ? [] : [...elementsIn(status)].filter(({ name }) => name === 'StatusCode');
  const values = codes.map(({ attributes }) => attributes.get('Value') ?? '');
  if (values[0] === SUCCESS) return;
  const named = values.map((value) => value.slice(value.lastIndexOf(':') + 1)).join(' ');
  throw new AnswerRefusedError(`the provider has answered ${named}`);
}

function requireDistinctIds(elements: readonly XmlElement[]): void {
  const ids = elements.flatMap(({ attributes }) =>
    [...attributes].filter(([name]) => /^id$/i.test(name)).map(([, id]) => id),
  );
  if (new Set(ids).size < ids.length) throw new AnswerRefusedError('two elements have the same ID');
}
