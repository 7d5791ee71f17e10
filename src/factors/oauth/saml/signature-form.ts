// The only form that a signature may have (XML Signature, SAML Core section 5.4): one reference, to the element that contains
// it, canonicalized without comments, with SHA-256 or SHA-512. Everything else that the standard allows has been used to
// deceive verifiers.
import { elementsIn, type XmlElement } from '../../../platform/xml.ts';
import { AnswerRefusedError } from '../answer-refused.ts';

export const DSIG = 'http://www.w3.org/2000/09/xmldsig#';
const EXCLUSIVE = 'http://www.w3.org/2001/10/xml-exc-c14n#';
const ENVELOPED = `${DSIG}enveloped-signature`;

const SIGNED_WITH = [
  'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
  'http://www.w3.org/2001/04/xmldsig-more#rsa-sha512',
  'http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1',
];
const DIGESTED_WITH = ['http://www.w3.org/2001/04/xmlenc#sha256', 'http://www.w3.org/2001/04/xmlenc#sha512'];

/** Refuses the document unless its only signatures are those of these elements, one each at most. */
export function requireSignatureForm(root: XmlElement, signed: readonly XmlElement[]): void {
  const own = signed.flatMap((element) => {
    const signatures = element.children.filter(isSignature);
    if (signatures.length > 1) throw new AnswerRefusedError('an element has two signatures');
    for (const signature of signatures) requireForm(signature, element.attributes.get('ID') ?? '');
    return signatures;
  });
  const all = [...elementsIn(root)].filter(({ name }) => name === 'Signature');
  if (all.length !== own.length) throw new AnswerRefusedError('a signature is in another place');
}

export function isSignature({ namespace, name }: XmlElement): boolean {
  return namespace === DSIG && name === 'Signature';
}

function requireForm(signature: XmlElement, id: string): void {
  const names = signature.children.map(({ name }) => name).join(' ');
  if (!/^SignedInfo SignatureValue( KeyInfo)?$/.test(names)) refuse('parts');
  const [info] = signature.children as [XmlElement];
  const [canonicalization, method, reference] = exactly(info, [
    'CanonicalizationMethod',
    'SignatureMethod',
    'Reference',
  ]);
  if (reference.attributes.get('URI') !== `#${id}` || id === '') refuse('reference');
  const [transforms, digest] = exactly(reference, ['Transforms', 'DigestMethod', 'DigestValue']);
  const [enveloped, exclusive] = exactly(transforms, ['Transform', 'Transform']);
  if (algorithmOf(enveloped) !== ENVELOPED || algorithmOf(exclusive) !== EXCLUSIVE) refuse('transforms');
  if (algorithmOf(canonicalization) !== EXCLUSIVE) refuse('canonicalization');
  if (!SIGNED_WITH.includes(algorithmOf(method)) || !DIGESTED_WITH.includes(algorithmOf(digest)))
    refuse('algorithm');
  // The library looks for some of these anywhere in the signature.
  const others = [...elementsIn(signature)].filter(({ namespace }) => ![DSIG, EXCLUSIVE].includes(namespace));
  const methods = [...elementsIn(signature)].filter(({ name }) => name.endsWith('Method'));
  if (others.length > 0 || methods.length !== 3) refuse('parts');
}

function exactly<Names extends readonly string[]>(
  { children }: XmlElement,
  names: readonly [...Names],
): { readonly [At in keyof Names]: XmlElement } {
  const isRight =
    children.length === names.length &&
    children.every(({ namespace, name }, at) => namespace === DSIG && name === names[at]);
  if (!isRight) refuse('parts');
  return children as unknown as { readonly [At in keyof Names]: XmlElement };
}

function algorithmOf({ attributes }: XmlElement): string {
  return attributes.get('Algorithm') ?? '';
}

function refuse(what: string): never {
  throw new AnswerRefusedError(`the ${what} of a signature`);
}
