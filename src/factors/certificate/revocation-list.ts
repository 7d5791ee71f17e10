// Certificate revocation lists (RFC 5280 section 5). A list must cover every certificate of its issuer: delta lists, and
// lists for only some certificates, are refused, because a revoked certificate might be missing in them.
import { verify, type X509Certificate } from 'node:crypto';
import { type Element, expectTag, numbered, oidOf, readElement, Tag, timeOf } from '../../platform/der.ts';
import { type Extension, fieldsOf, readExtensions } from './fields.ts';

const DELTA_CRL_INDICATOR = '2.5.29.27';
const ISSUING_DISTRIBUTION_POINT = '2.5.29.28';

/** The digests of the algorithms with which a list may be signed. Null: the algorithm has its own. */
const SIGNATURES: Readonly<Record<string, string | null>> = {
  '1.2.840.113549.1.1.11': 'sha256', // RSA
  '1.2.840.113549.1.1.12': 'sha384',
  '1.2.840.113549.1.1.13': 'sha512',
  '1.2.840.10045.4.3.2': 'sha256', // ECDSA
  '1.2.840.10045.4.3.3': 'sha384',
  '1.2.840.10045.4.3.4': 'sha512',
  '1.3.101.112': null, // Ed25519
  '1.3.101.113': null, // Ed448
};

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
  const [oid] = expectTag(algorithm, Tag.SEQUENCE);
  const name = oidOf(oid);
  const hash = SIGNATURES[name];
  if (hash === undefined) throw new TrustFileError(`Its signature algorithm ${name} is not supported.`);
  const issuerName = expectTag(issuer, Tag.SEQUENCE).bytes;
  // The first byte of a bit string counts unused bits, and a signature has none.
  const signed = expectTag(signature, Tag.BIT_STRING).content.subarray(1);
  const revoked = new Set(entries === undefined ? [] : serialNumbers(entries));
  return {
    thisUpdate: timeOf(thisUpdate),
    nextUpdate: timeOf(nextUpdate),
    revokes: (serialNumber) => revoked.has(textOf(serialNumber)),
    isFrom: (authority) =>
      Buffer.compare(fieldsOf(authority).subject, issuerName) === 0 &&
      verify(hash, expectTag(tbs, Tag.SEQUENCE).bytes, authority.publicKey, signed),
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
