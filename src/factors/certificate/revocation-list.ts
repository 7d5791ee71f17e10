// Certificate revocation lists (RFC 5280 section 5). A list must cover every certificate of its issuer: delta lists, and
// lists for only some certificates, are refused, because a revoked certificate might be missing in them.
import type { X509Certificate } from 'node:crypto';
import { type Element, expectTag, numbered, readElement, Tag, timeOf } from '../../platform/der.ts';
import { type Extension, fieldsOf, readExtensions } from './fields.ts';
import { readSignature } from './signature.ts';

const DELTA_CRL_INDICATOR = '2.5.29.27';
const ISSUING_DISTRIBUTION_POINT = '2.5.29.28';

/** A revocation list, or another file of the operator, cannot be used. The message says why. */
export class TrustFileError extends Error {
  override readonly name = 'TrustFileError';
}

export interface RevocationList {
  readonly thisUpdate: Date;
  readonly nextUpdate: Date;
  /** Whether this certificate is on it. @param serialNumber as an integer in DER. */
  revokes(serialNumber: Buffer): boolean;
  isFrom(authority: X509Certificate): boolean;
}

/** @throws {TrustFileError} @throws {MalformedDerError} */
export function readRevocationList(der: Buffer): RevocationList {
  const [tbs, algorithm, signature] = readElement(der);
  const fields = [...expectTag(tbs, Tag.SEQUENCE)];
  if (fields[0]?.tag === Tag.INTEGER) fields.shift(); // the version
  const [, issuer, thisUpdate, ...others] = fields;
  const nextUpdate = others.find(({ tag }) => tag === Tag.UTC_TIME || tag === Tag.GENERALIZED_TIME);
  const entries = others.find(({ tag }) => tag === Tag.SEQUENCE);
  const extensions = others.find(({ tag }) => tag === numbered(0));
  if (thisUpdate === undefined || nextUpdate === undefined)
    throw new TrustFileError('It does not say when the next list is due.');
  refusePartial(extensions === undefined ? [] : readExtensions(extensions));
  const isSignedBy = readSignature(tbs, algorithm, signature);
  const issuerName = expectTag(issuer, Tag.SEQUENCE).bytes;
  const revoked = new Set(entries === undefined ? [] : serialNumbers(entries));
  return {
    thisUpdate: timeOf(thisUpdate),
    nextUpdate: timeOf(nextUpdate),
    revokes: (serialNumber) => revoked.has(textOf(serialNumber)),
    isFrom: (authority) =>
      Buffer.compare(fieldsOf(authority).subject, issuerName) === 0 && isSignedBy(authority.publicKey),
  };
}

function refusePartial(extensions: readonly Extension[]): void {
  for (const { oid, isCritical } of extensions) {
    if (oid === DELTA_CRL_INDICATOR || oid === ISSUING_DISTRIBUTION_POINT)
      throw new TrustFileError('It does not cover every certificate of its issuer.');
    if (isCritical) throw new TrustFileError(`Its critical extension ${oid} is not supported.`);
  }
}

function* serialNumbers(entries: Element): Generator<string> {
  for (const entry of entries) {
    const [serial] = entry;
    yield textOf(expectTag(serial, Tag.INTEGER).content);
  }
}

function textOf(serialNumber: Buffer): string {
  return serialNumber.toString('latin1');
}
