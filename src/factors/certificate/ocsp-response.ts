// Reads what an OCSP responder says of a certificate (RFC 6960 section 4.2), and believes it only under the conditions of
// section 3.2: it is about this certificate, the issuer or its delegate has signed it, and it is up to date.
import { X509Certificate } from 'node:crypto';
import { type Element, expectTag, numbered, oidOf, readElement, Tag, timeOf } from '../../platform/der.ts';
import { type Extension, fieldsOf, maySign, readExtensions } from './fields.ts';
import { type CertificateId, type OcspRequest, sha1 } from './ocsp-request.ts';
import { faultOfTime } from './path.ts';
import { readSignature } from './signature.ts';

/** The response is not one that can be believed. The message says why. */
export class OcspResponseError extends Error {
  override readonly name = 'OcspResponseError';
}

export interface OcspAnswer {
  readonly isRevoked: boolean;
  /** When it must be asked for again, at the latest. */
  readonly until: Date;
}

const SUCCESSFUL = 0;
const BASIC = '1.3.6.1.5.5.7.48.1.1';
const NONCE = '1.3.6.1.5.5.7.48.1.2';
const SHA1 = '1.3.14.3.2.26';
const OCSP_SIGNING = '1.3.6.1.5.5.7.3.9';
/** The clock of a responder that answers at once may be ahead of ours. */
const AHEAD_MS = 60_000;
/** How long an answer counts that does not say when the next is due. */
const WITHOUT_NEXT_UPDATE_MS = 300_000;

const GOOD = numbered(0, false);
const REVOKED = numbered(1);

/** @throws {OcspResponseError} @throws {MalformedDerError} */
export function readOcspResponse(
  der: Buffer,
  request: OcspRequest,
  issuer: X509Certificate,
  now: Date,
): OcspAnswer {
  const [tbs, algorithm, signature, certificates] = basicResponseIn(der);
  const fields = [...expectTag(tbs, Tag.SEQUENCE)];
  if (fields[0]?.tag === numbered(0)) fields.shift(); // the version
  const [responder, _producedAt, responses, extensions] = fields;
  const included = certificates === undefined ? [] : certificatesIn(expectTag(certificates, numbered(0)));
  const isSignedBy = readSignature(tbs, algorithm, signature);
  const signers = [issuer, ...included.filter((one) => isDelegate(one, issuer, now))];
  if (!signers.some((one) => isNamed(responder, one) && isSignedBy(one.publicKey)))
    throw new OcspResponseError('Neither the issuer nor a delegate of it has signed the response.');
  checkExtensions(extensions, request.nonce);
  const answers = [...expectTag(responses, Tag.SEQUENCE)].filter((one) => isAbout(one, request.id));
  if (answers.length === 0) throw new OcspResponseError('The response is about another certificate.');
  const read = answers.map((one) => readAnswer(one, now));
  return read.find(({ isRevoked }) => isRevoked) ?? (read[0] as OcspAnswer);
}

function basicResponseIn(der: Buffer): Iterable<Element> {
  const [status, bytes] = readElement(der);
  const code = expectTag(status, Tag.ENUMERATED).content;
  if (code.length !== 1 || code[0] !== SUCCESSFUL)
    throw new OcspResponseError(`The responder refused the request with the status ${code[0]}.`);
  const [type, response] = readElement(expectTag(bytes, numbered(0)).content);
  if (oidOf(type) !== BASIC) throw new OcspResponseError('The response is not a basic one.');
  return readElement(expectTag(response, Tag.OCTET_STRING).content);
}

function certificatesIn(field: Element): X509Certificate[] {
  return [...readElement(field.content)].map(({ bytes }) => new X509Certificate(bytes));
}

/** Whether the issuer itself has made this certificate a responder's (section 4.2.2.2). `anyExtendedKeyUsage` does not. */
function isDelegate(one: X509Certificate, issuer: X509Certificate, now: Date): boolean {
  const { keyUsage: purposes } = one;
  return (
    one.checkIssued(issuer) &&
    one.verify(issuer.publicKey) &&
    purposes !== undefined &&
    purposes.includes(OCSP_SIGNING) &&
    maySign(fieldsOf(one).extensions) &&
    faultOfTime(one, now) === null
  );
}

/** Whether the responder calls itself by the name or the key of this certificate (section 4.2.2.3). */
function isNamed(responder: Element | undefined, one: X509Certificate): boolean {
  const { subject, keyBits } = fieldsOf(one);
  if (responder?.tag === numbered(1)) return responder.content.equals(subject);
  const key = readElement(expectTag(responder, numbered(2)).content, Tag.OCTET_STRING).content;
  return key.equals(sha1(keyBits));
}

/** A responder that prepares its answers leaves the nonce out (RFC 5019 section 2.2.1). */
function checkExtensions(field: Element | undefined, nonce: Buffer): void {
  const extensions = field === undefined ? [] : readExtensions(expectTag(field, numbered(1)));
  if (extensions.some(({ oid, value }) => oid === NONCE && !value.equals(nonce)))
    throw new OcspResponseError('The response has the nonce of another request.');
  refuseCritical(extensions.filter(({ oid }) => oid !== NONCE));
}

function refuseCritical(extensions: readonly Extension[]): void {
  for (const { oid, isCritical } of extensions)
    if (isCritical) throw new OcspResponseError(`The critical extension ${oid} is not supported.`);
}

function isAbout(answer: Element, id: CertificateId): boolean {
  const [certificateId] = answer;
  const [algorithm, nameHash, keyHash, serialNumber] = expectTag(certificateId, Tag.SEQUENCE);
  const [oid] = expectTag(algorithm, Tag.SEQUENCE);
  return (
    oidOf(oid) === SHA1 &&
    expectTag(nameHash, Tag.OCTET_STRING).content.equals(id.issuerNameHash) &&
    expectTag(keyHash, Tag.OCTET_STRING).content.equals(id.issuerKeyHash) &&
    expectTag(serialNumber, Tag.INTEGER).content.equals(id.serialNumber)
  );
}

function readAnswer(answer: Element, now: Date): OcspAnswer {
  const [_id, status, thisUpdate, ...others] = answer;
  const nextUpdate = others.find(({ tag }) => tag === numbered(0));
  const extensions = others.find(({ tag }) => tag === numbered(1));
  if (extensions !== undefined) refuseCritical(readExtensions(extensions));
  const from = timeOf(expectTag(thisUpdate, Tag.GENERALIZED_TIME));
  const until =
    nextUpdate === undefined
      ? new Date(from.getTime() + WITHOUT_NEXT_UPDATE_MS)
      : timeOf(readElement(nextUpdate.content, Tag.GENERALIZED_TIME));
  if (from.getTime() > now.getTime() + AHEAD_MS)
    throw new OcspResponseError('The response is from the future.');
  if (now >= until) throw new OcspResponseError('The response is out of date.');
  if (status?.tag !== GOOD && status?.tag !== REVOKED)
    throw new OcspResponseError('The responder does not know the certificate.');
  return { isRevoked: status.tag === REVOKED, until };
}
