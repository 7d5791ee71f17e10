// Checks a certificate and the authorities above it (RFC 5280 section 6), up to one that has signed itself. Every
// authority of the path must be in the operator's files.
//
// Where a TLS library has seen the certificate as well, its verdict counts in addition: it also knows name constraints,
// path lengths and critical extensions.
import type { X509Certificate } from 'node:crypto';
import { fieldsOf, maySign, policiesOf } from './fields.ts';
import type { TrustStore } from './trust-store.ts';

/** Why a certificate is not accepted. */
export type Fault =
  | 'UNTRUSTED'
  | 'NOT_YET_VALID'
  | 'EXPIRED'
  | 'WRONG_PURPOSE'
  | 'REVOKED'
  /** The revocation list of an authority is missing or out of date, or its OCSP responder does not vouch for it. */
  | 'REVOCATION_UNKNOWN';

/** From the issuer of the certificate to an authority that has signed itself. */
export type Path = readonly X509Certificate[];

const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2';
const ANY_PURPOSE = '2.5.29.37.0';
const ANY_POLICY = '2.5.29.32.0';
/** No real path is longer, and a circle of authorities must end. */
const LONGEST_PATH = 8;

/** All paths of a certificate. An authority may have several certificates, and each makes a path. */
export function pathsOf(
  certificate: X509Certificate,
  authorities: readonly X509Certificate[],
  depth = 0,
): Path[] {
  if (depth === LONGEST_PATH) return [];
  return authorities
    .filter((one) => certificate.checkIssued(one) && certificate.verify(one.publicKey))
    .flatMap((one): Path[] =>
      isSelfSigned(one) ? [[one]] : pathsOf(one, authorities, depth + 1).map((above) => [one, ...above]),
    );
}

/** @returns the first fault, or null for a certificate that a TLS client may use. */
export function faultOf(
  certificate: X509Certificate,
  path: Path,
  { lists }: TrustStore,
  now: Date,
): Fault | null {
  const { extensions } = fieldsOf(certificate);
  const dated = [certificate, ...path].map((one) => faultOfTime(one, now)).find((fault) => fault !== null);
  if (dated !== undefined) return dated;
  if (!isForClients(certificate) || !maySign(extensions)) return 'WRONG_PURPOSE';
  if (lists === null) return null;
  const issued = [certificate, ...path.slice(0, -1)];
  for (const [at, one] of issued.entries()) {
    const issuer = path[at];
    const all = (issuer && lists.get(issuer)) ?? [];
    const current = all.filter((list) => list.thisUpdate <= now && now < list.nextUpdate);
    if (current.length === 0) return 'REVOCATION_UNKNOWN';
    const { serialNumber } = fieldsOf(one);
    if (current.some((list) => list.revokes(serialNumber))) return 'REVOKED';
  }
  return null;
}

export function faultOfTime({ validFrom, validTo }: X509Certificate, now: Date): Fault | null {
  if (now.getTime() < Date.parse(validFrom)) return 'NOT_YET_VALID';
  // The last second is part of the validity (section 4.1.2.5).
  return now.getTime() < Date.parse(validTo) + 1000 ? null : 'EXPIRED';
}

/** A certificate without extended key usage is for any purpose (section 4.2.1.12). */
function isForClients({ keyUsage: purposes }: X509Certificate): boolean {
  return purposes === undefined || purposes.some((oid) => oid === CLIENT_AUTH || oid === ANY_PURPOSE);
}

/**
 * Whether the certificate was issued under one of these policies (section 6.1). Each authority below the first must be
 * allowed to issue under it. `anyPolicy` in the certificate itself says nothing.
 */
export function isIssuedUnder(
  policies: readonly string[],
  certificate: X509Certificate,
  path: Path,
): boolean {
  const intermediates = path.filter((one) => !isSelfSigned(one)).map((one) => policiesIn(one));
  return policiesIn(certificate).some(
    (policy) =>
      policies.includes(policy) &&
      intermediates.every((allowed) => allowed.includes(policy) || allowed.includes(ANY_POLICY)),
  );
}

function policiesIn(certificate: X509Certificate): string[] {
  return policiesOf(fieldsOf(certificate).extensions);
}

function isSelfSigned(certificate: X509Certificate): boolean {
  return certificate.checkIssued(certificate) && certificate.verify(certificate.publicKey);
}
