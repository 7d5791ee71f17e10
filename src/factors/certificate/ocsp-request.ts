// The question to an OCSP responder whether a certificate is revoked (RFC 6960 section 4.1).
import { createHash, type X509Certificate } from 'node:crypto';
import { encode, numbered, Tag } from '../../platform/der.ts';
import { randomBytes } from '../../platform/random.ts';
import { fieldsOf } from './fields.ts';

/**
 * Which certificate is meant (section 4.1.1). Responders know SHA-1 for it, and some know nothing else (RFC 5019 section
 * 2.1.1). Nothing is signed with it: it names the issuer, whose name and key we have.
 */
export interface CertificateId {
  readonly issuerNameHash: Buffer;
  readonly issuerKeyHash: Buffer;
  /** As an integer in DER. */
  readonly serialNumber: Buffer;
}

export interface OcspRequest {
  readonly id: CertificateId;
  /** As the value of the extension. */
  readonly nonce: Buffer;
  readonly der: Buffer;
}

/** 1.3.14.3.2.26, with the parameter NULL. */
const SHA1_ALGORITHM = Buffer.from('300906052b0e03021a0500', 'hex');
/** 1.3.6.1.5.5.7.48.1.2 */
const NONCE_OID = Buffer.from('06092b0601050507300102', 'hex');
/** RFC 9654 allows more, but older responders refuse it. */
const NONCE_BYTES = 16;

export function ocspRequest(certificate: X509Certificate, issuer: X509Certificate): OcspRequest {
  const { issuer: issuerName, serialNumber } = fieldsOf(certificate);
  const id = {
    issuerNameHash: sha1(issuerName),
    issuerKeyHash: sha1(fieldsOf(issuer).keyBits),
    serialNumber,
  };
  const nonce = encode(Tag.OCTET_STRING, randomBytes(NONCE_BYTES));
  const certificateId = encode(
    Tag.SEQUENCE,
    SHA1_ALGORITHM,
    encode(Tag.OCTET_STRING, id.issuerNameHash),
    encode(Tag.OCTET_STRING, id.issuerKeyHash),
    encode(Tag.INTEGER, serialNumber),
  );
  const requests = encode(Tag.SEQUENCE, encode(Tag.SEQUENCE, certificateId));
  const extension = encode(Tag.SEQUENCE, NONCE_OID, encode(Tag.OCTET_STRING, nonce));
  const extensions = encode(numbered(2), encode(Tag.SEQUENCE, extension));
  return { id, nonce, der: encode(Tag.SEQUENCE, encode(Tag.SEQUENCE, requests, extensions)) };
}

export function sha1(bytes: Buffer): Buffer {
  return createHash('sha1').update(bytes).digest();
}
