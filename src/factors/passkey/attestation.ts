// Checks who made the authenticator of a new passkey, where a tenant's policy lists the models that it accepts (WebAuthn Level
// 3 section 7.1, steps 23 and 24). The library checks the statement. The certificates are checked here, because the library
// keeps its trusted certificates for the whole process and asks the servers that certificates name about revocation.
import { X509Certificate } from 'node:crypto';
import { webauthnHelpers } from './library.ts';
import type { TrustedMakers } from './metadata.ts';

/** The formats of security keys and of Windows. Others are rejected, because the library fetches for them. */
const FORMATS: readonly string[] = ['packed', 'tpm'];
const MOST_CERTIFICATES = 5;

/** The certificates of the statement, that of the authenticator first. Null when it has none, or another format. */
export async function certificatesOf(attestationObject: string): Promise<readonly Uint8Array[] | null> {
  const { decodeAttestationObject } = await webauthnHelpers();
  const decoded = decodeAttestationObject(new Uint8Array(Buffer.from(attestationObject, 'base64url')));
  const certificates: unknown = decoded.get('attStmt').get('x5c');
  if (!FORMATS.includes(decoded.get('fmt')) || !Array.isArray(certificates)) return null;
  const isChain = certificates.length > 0 && certificates.length <= MOST_CERTIFICATES;
  return isChain && certificates.every((one) => one instanceof Uint8Array) ? certificates : null;
}

/** Whether the chain ends at a trusted certificate of this model, and each certificate is valid now. */
export function isTrusted(
  makers: TrustedMakers,
  aaguid: string,
  certificates: readonly Uint8Array[],
  now: Date,
): boolean {
  const roots = makers.get(aaguid) ?? [];
  const chain = certificates.map((one) => new X509Certificate(one));
  const last = chain.at(-1);
  if (last === undefined || !chain.every((one) => isValidAt(one, now))) return false;
  const isLinked = chain.every((one, at) => {
    const issuer = chain[at + 1];
    return issuer === undefined || isIssuedBy(one, issuer);
  });
  return (
    isLinked &&
    roots.some((root) => root.raw.equals(last.raw) || (isIssuedBy(last, root) && isValidAt(root, now)))
  );
}

function isIssuedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  return issuer.ca && certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
}

function isValidAt({ validFromDate, validToDate }: X509Certificate, now: Date): boolean {
  return validFromDate <= now && now <= validToDate;
}
